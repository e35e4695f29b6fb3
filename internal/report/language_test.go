package report

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/engine"
	"cloudjob/internal/gate"
	"cloudjob/internal/hostile"
	"cloudjob/internal/job"
	"cloudjob/internal/locale"
)

// TestMarkdownInChinese: texts become Chinese; names, code, charts and what a
// program reads stay.
func TestMarkdownInChinese(t *testing.T) {
	book := locale.Named(locale.Chinese)
	for english, want := range map[string]string{
		"### ❌ Failed: error&#95;rate is 2 %, the gate wants &#60; 1 %":             "### ❌ 未通过：error&#95;rate 为 2 %，门禁要求 &#60; 1 %",
		"Outcome: **gate-failed**":                                                  "结果：**gate-failed**",
		"Outcome: **inconclusive**":                                                 "结果：**inconclusive**",                              // a word for programs, though a phrase too
		"| ❌ | **Failed**<br>job-1 | **Failed**: all 4 gates hold |":                "| ❌ | **Failed**<br>job-1 | **未通过**：全部 4 个门禁满足 |", // the job has that name
		"huawei-dataarts · run <code>34765</code>":                                  "huawei-dataarts · 运行 <code>34765</code>",
		"status <code>a is there</code>":                                            "状态 <code>a is there</code>",
		"| | What | Request |\n| --- | --- | --- |\n| ✅ | is there | is there |":    "| | 内容 | 请求 |\n| --- | --- | --- |\n| ✅ | 存在 | is there |",
		"| ❌ fail | not\u00a0known |":                                               "| ❌ 未通过 | 未知 |",
		"```mermaid\n    x-axis \"seconds since the start\" 1 --> 2\nis there\n```": "```mermaid\n    x-axis \"启动后秒数\" 1 --> 2\nis there\n```",
		"<pre>is there\nis there</pre>\nis there":                                   "<pre>is there\nis there</pre>\n存在",
		"<details><summary>All totals</summary>":                                    "<details><summary>全部总计</summary>",
		"12 more, not shown here: `result.json` and `report.html` have all.":        "另有 12 个未显示：全部见 `result.json` 和 `report.html`。",
	} {
		if got := Markdown(english, book); got != want {
			t.Errorf("%q\nis  %q\nnot %q", english, got, want)
		}
		if got := Markdown(english, nil); got != english {
			t.Errorf("%q is %q in English", english, got)
		}
	}
}

// TestPageInChinese: as in a summary, and what a reader is told beside its texts.
func TestPageInChinese(t *testing.T) {
	book := locale.Named(locale.Chinese)
	page := func(s string) string { return "<!doctype html>\n" + s }
	for english, want := range map[string]string{
		`<html lang="en">`: `<html lang="zh-CN">`,
		`<td data-head="Verdict" class="mark">❌ fail</td>`:                                                                              `<td data-head="判定" class="mark">❌ 未通过</td>`,
		`<p>a &lt; b is &#34;x&#34;, the gate wants &lt; 1</p>`:                                                                         `<p>a &lt; b 为 &#34;x&#34;，门禁要求 &lt; 1</p>`,
		`<style>is there</style><pre>is there</pre><code>is there</code>`:                                                               `<style>is there</style><pre>is there</pre><code>is there</code>`,
		`<table><thead><tr><th>Request</th><th>Why</th></tr></thead><tbody><tr><td>is there</td><td>is there</td></tr></tbody></table>`: `<table><thead><tr><th>请求</th><th>原因</th></tr></thead><tbody><tr><td>is there</td><td>存在</td></tr></tbody></table>`,
	} {
		if got := string(Page([]byte(page(english)), book)); got != page(want) {
			t.Errorf("%s\nis  %s\nnot %s", english, got, page(want))
		}
		if got := string(Page([]byte(english), nil)); got != english {
			t.Errorf("%s is %s in English", english, got)
		}
	}
}

// TestColumnsInChinese: a Chinese character is as wide as two others.
func TestColumnsInChinese(t *testing.T) {
	book := locale.Named(locale.Chinese)
	gates := []job.Judgement{
		{Gate: "error_rate < 1%", Subject: "error_rate", Op: "<", Wants: "1%", Verdict: job.Fail, Unit: job.Percent, Limit: 1, Actual: 2},
		{Gate: "warn rps >= 1/s", Subject: "rps", Op: ">=", Wants: "1/s", Severity: gate.Warn, Verdict: job.Fail, Unit: job.PerSecond, Limit: 1, Actual: 0.5},
	}
	want := "❌ 未通过  error_rate < 1%  2 %    相差 100 %\n⚠️ 警告   warn rps >= 1/s  0.5/s  相差 50 %"
	if diff := cmp.Diff(want, Gates([]Result{{What: "scenario x", Gates: gates}}, book)); diff != "" {
		t.Error(diff)
	}
	r := engine.Result{Items: []job.Item{
		{Provider: "tencent-pts", What: "scenario x", Ref: job.Ref{ID: "job-1"}, How: job.Began},
		{Provider: "huawei-drs", What: "task y", Err: &job.Error{Call: "c", Message: "the call was refused"}},
	}}
	want = "✅ tencent-pts  场景 x  已启动  job-1\n❌ huawei-drs   任务 y  失败      调用被拒绝"
	if diff := cmp.Diff(want, Table(r, book)); diff != "" {
		t.Error(diff)
	}
}

// TestHostileChinese: wherever a text stands in a document in Chinese, a reader of
// it makes the same of it as of a plain word.
func TestHostileChinese(t *testing.T) {
	book := locale.Named(locale.Chinese)
	want := map[string][]string{}
	for name, summary := range markdowns("word") {
		want[name] = checkMarkdown(t, Markdown(summary, book))
	}
	phrases := []string{"the call was refused: ", "; stop it in the console", "is there: *", "unknown name \"", " | is there | ", "a &#124; b; look at x before starting it again"}
	for _, s := range append(hostile.Seeds(t), phrases...) {
		for name, summary := range markdowns(s) {
			if shape := checkMarkdown(t, Markdown(summary, book)); clean(s) != "" {
				if diff := cmp.Diff(want[name], shape); diff != "" {
					t.Errorf("%s of %q (-a word +this):\n%.600s", name, s, diff)
				}
			}
		}
		page := string(Page(checkHTML(t, []Result{full(s)}), book))
		if plain := string(checkHTML(t, []Result{full(s)})); strings.Count(page, "<") != strings.Count(plain, "<") || strings.Count(page, ">") != strings.Count(plain, ">") {
			t.Errorf("the page of %q has other tags in Chinese", s)
		}
	}
}

// prose finds three English words in a row, which is what is left of a text that
// has no phrase. Some of the golden documents' texts were made up for them.
var (
	prose   = regexp.MustCompile(`\b[a-z]{2,}(?:'s)?,? [a-z]{2,} [a-z]{2,}\b`)
	madeUp  = regexp.MustCompile(`out of memory|the service (?:gave|says) .*|.* was not given by the service|(?:node clean|task hello) failed|an?y? ?role in the workspace|this user is not allowed to call it|set \S+ and \S+ in the step's env.*|The throttling threshold has been reached|Another operation is .*|the migration task .*`)
	noProse = regexp.MustCompile("(?s)<(style|pre|code|script)\\b.*?</(?:style|pre|code|script)>|`[^`]*`|\"[^\"\\n]*\"|&#34;.*?&#34;|<[^>]*>")
)

// TestDocumentsInChinese says the golden pages and summaries in Chinese. Nothing
// of them is left in English but what a cloud or a user wrote.
func TestDocumentsInChinese(t *testing.T) {
	book := locale.Named(locale.Chinese)
	for _, pattern := range []string{"testdata/judged/*/*.html", "testdata/judged/*/*.md", "testdata/trend/*.html", "testdata/live_*.md", "testdata/[!hl]*.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil || files == nil {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			if strings.Contains(file, "hostile") {
				continue
			}
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			said := Markdown(string(src), book)
			if strings.HasSuffix(file, ".html") {
				said = string(Page(src, book))
			}
			for line := range strings.Lines(noProse.ReplaceAllString(said, "\n")) {
				if words := prose.FindString(madeUp.ReplaceAllString(line, "")); words != "" {
					t.Errorf("%s: %q is left in %s", file, words, line)
				}
			}
		}
	}
	src, err := os.ReadFile("testdata/trend/index.html")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "testdata/trend/index.zh.html", string(Page(src, book)))
}
