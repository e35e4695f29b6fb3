package locale

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// TestText holds how texts that were put together are said: by the phrases of
// their parts, whatever a user or a cloud wrote between them.
func TestText(t *testing.T) {
	b := Named(Chinese)
	for english, want := range map[string]string{
		"":                             "",
		"nothing that the book knows":  "nothing that the book knows",
		"Too many jobs; try harder":    "Too many jobs; try harder", // a cloud's own signs stay
		"the call was refused":         "调用被拒绝",
		"  ⚠️ the call was refused":    "  ⚠️ 调用被拒绝",
		"a.yml:1:2: must be text":      "a.yml:1:2: 必须是文本",
		"timeout is given twice":       "timeout 重复给出",
		"Values":                       "取值",
		"it ended: Values":             "已结束：Values", // a name, where it heads nothing
		"one\nthe call was refused\n":  "one\n调用被拒绝\n",
		"the call was refused: a b":    "调用被拒绝：a b",
		"the call was refused: a. b. ": "调用被拒绝：a. b. ",

		`unknown name "the call was refused", did you mean "timeout"?`:          `未知名称 "the call was refused"，是不是想写 "timeout"？`,
		`must be text; write it in quotes: "a: \"b\", not c"`:                   `必须是文本；请加引号："a: \"b\", not c"`,
		"plan.yml:3:4: on_cancel must be stop, leave or terminate, not \"end\"": "plan.yml:3:4: on_cancel 必须是 stop、leave 或 terminate，不能是 \"end\"",

		"StartJob: LimitExceeded: Too many jobs. (request r-1); a quota is used up; free some of it or ask for more": "StartJob：LimitExceeded：Too many jobs.（请求 r-1）；配额已用完；请释放部分资源或申请提升配额",
		"p95(response_time) is 900 ms, not < 300 ms all through the last 30s":                                        "p95(response_time) 为 900 ms，最近 30s 内未能始终满足 < 300 ms",
	} {
		if got := b.Text(english); got != want {
			t.Errorf("%q\nis  %q\nnot %q", english, got, want)
		}
	}
}

// TestEnglishStays: without a book every text is what it was.
func TestEnglishStays(t *testing.T) {
	for _, language := range []string{English, "", "de", "ZH"} {
		if b := Named(language); b != nil || b.Text("the call was refused") != "the call was refused" {
			t.Errorf("%q has a book", language)
		}
	}
}

// TestPhrase: what the book says of a whole text, and of no other.
func TestPhrase(t *testing.T) {
	for english, want := range map[string]string{
		"the call was refused":      "调用被拒绝",
		"it ended: the call":        "",
		"the call was refused: a b": "",
		"timeout is given twice":    "",
		"must be text":              "",
		"":                          "",
	} {
		if said, ok := Named(Chinese).Phrase(english); said != want || ok != (want != "") {
			t.Errorf("%q is %q, %v", english, said, ok)
		}
	}
	if said, ok := Named(English).Phrase("the call was refused"); ok || said != "" {
		t.Errorf("English says %q, %v", said, ok)
	}
}

func TestPreferred(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		want string
	}{
		{nil, English},
		{map[string]string{"LANG": "zh_CN.UTF-8"}, Chinese},
		{map[string]string{"LANG": "zh"}, Chinese},
		{map[string]string{"LANG": "zh.UTF-8"}, Chinese},
		{map[string]string{"LANG": "zha_CN"}, English},
		{map[string]string{"LANG": "C.UTF-8"}, English},
		{map[string]string{"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, English},
		{map[string]string{"LC_MESSAGES": "zh_TW.UTF-8", "LANG": "en_US.UTF-8"}, Chinese},
		{map[string]string{"LC_ALL": "", "LC_MESSAGES": "zh_CN"}, Chinese},
	} {
		if got := Preferred(func(name string) string { return test.env[name] }); got != test.want {
			t.Errorf("%v: %s, not %s", test.env, got, test.want)
		}
	}
}

// TestPhraseKeepsWhatFillsIt: whatever stands in the holes of a phrase stands in
// what becomes of it, once for each time that the phrase says it.
func TestPhraseKeepsWhatFillsIt(t *testing.T) {
	b := Named(Chinese)
	fillings := map[hole][]string{
		anything:    {"zxq", "z x q", `"z: x; q"`, "作业", "z，x"},
		verbatim:    {"zxq", "z: x, q"},
		quoted:      {`"zxq"`, `"z \"x\", not q"`},
		number:      {"7", "1.5", "1200"},
		aggregation: {"p95", "max"},
		operator:    {"<", "=="},
		word:        {"zxq", `"z x"`, "z-x_q(1)"},
	}
	for _, e := range entries(chinese) {
		p := newPhrase(e.english, e.other)
		for n := range 5 {
			text, want := p.parts[0], map[string]int{}
			for i, kind := range p.holes {
				filling := fillings[kind][n%len(fillings[kind])]
				text += filling + p.parts[i+1]
				want[filling]++
			}
			got := b.Text(text)
			for filling, times := range want {
				if strings.Count(got, filling) < times && strings.Count(text, filling) > strings.Count(got, filling) {
					t.Errorf("%q\nlost %q in\n%q", text, filling, got)
				}
			}
		}
	}
}

// TestHostileTexts: no text takes long.
func TestHostileTexts(t *testing.T) {
	b := Named(Chinese)
	for _, unit := range []string{"a: ", "; b", ", c, ", `"`, `"x" `, " is ", "must be ", ", not ", " (", "not known: ", "{}", "{q}", "1 of 2 ", "a or b and ", "中: ", "\\\"", "could not be judged: ", "; stop it in the console"} {
		for _, size := range []int{100, 8000, 100_000} {
			text := strings.Repeat(unit, size/len(unit))
			began := time.Now()
			got := b.Text(text)
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("%d bytes of %q took %s", len(text), unit, took)
			}
			if !utf8.ValidString(got) {
				t.Errorf("%d bytes of %q are no text any more", len(text), unit)
			}
		}
	}
}

// TestNamesInHeadlines: a job's name, which may be any word, does not turn a
// headline into another sentence.
func TestNamesInHeadlines(t *testing.T) {
	for _, name := range []string{"old", "new", "stop", "since"} {
		want := "2个作业中0个已启动 – " + name + "："
		got := strings.ReplaceAll(Named(Chinese).Text("0 of 2 jobs started – "+name+": login: there are no Tencent Cloud credentials"), " ", "")
		if !strings.HasPrefix(got, strings.ReplaceAll(want, " ", "")) {
			t.Errorf("%s: %q, want %q and more", name, got, want)
		}
	}
}

// TestLongTextsStay: what is longer than a line may be is not looked up at all.
func TestLongTextsStay(t *testing.T) {
	for repeats, stays := range map[int]bool{3: false, 7000: true} {
		text := strings.TrimSuffix(strings.Repeat("not known; ", repeats), "; ")
		if got := Named(Chinese).Text(text); (got == text) != stays {
			t.Errorf("%d bytes became %.80q", len(text), got)
		}
	}
}

// FuzzText: a text of anybody's loses none of its words, and no line.
func FuzzText(f *testing.F) {
	for _, e := range entries(chinese) {
		f.Add(e.english)
	}
	f.Add("StartJob: X: the call was refused (request r-1); see the message; \"a\\\"b\", not c")
	b := Named(Chinese)
	f.Fuzz(func(t *testing.T, text string) {
		got := b.Text(text)
		if strings.Count(got, "\n") != strings.Count(text, "\n") {
			t.Errorf("%q became %q", text, got)
		}
		if strings.Contains(text, "ZXQ") && !strings.Contains(got, "ZXQ") {
			t.Errorf("%q lost a name: %q", text, got)
		}
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("%q became %q", text, got)
		}
		if Named(English).Text(text) != text {
			t.Errorf("English changed %q", text)
		}
	})
}
