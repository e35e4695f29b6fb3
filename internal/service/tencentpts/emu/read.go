package ptsemu

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloudjob/internal/emulator/emu"
)

// The account of the emulated cloud.
const (
	appID = 1250000000
	uin   = "100000000001"
)

// vusPerResource is the size of one billed resource (facts tencent-pts §7).
const vusPerResource = 500

// Values of PayMode (facts tencent-pts §3, NEW).
const (
	payPostpaid  = 2
	payFreeDebug = 3
)

// worldBegan is when projects and scenarios were made.
func worldBegan() time.Time { return time.Date(2025, 3, 17, 3, 3, 15, 0, time.UTC) }

func fixed(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// chosen tells whether v is in an optional list; none chooses everything.
func chosen(in object, name, v string) bool {
	list := texts(in, name)
	return len(list) == 0 || slices.Contains(list, v)
}

// ordered are all jobs. Which columns OrderBy knows is not documented (facts
// tencent-pts §3), so it is accepted and ignored.
func (s *Service) ordered(ascend bool) []*job {
	out := slices.Clone(s.jobs)
	if !ascend && !s.Switches.OldestFirst {
		slices.Reverse(out)
	}
	return out
}

// listed tells whether lists show the job now.
func (s *Service) listed(j *job) bool {
	if j.deleted && !s.Switches.DeletedListed {
		return false
	}
	return !s.now().Before(j.created.Add(s.Switches.ListingDelay))
}

// describeJobs lists jobs (facts tencent-pts §3). Both ScenarioIds and
// ProjectIds are mandatory, with JobIds too.
func (s *Service) describeJobs() emu.Call {
	return s.call("DescribeJobs", func(in object) (object, *emu.Error) {
		pick, err := s.jobFilter(in)
		if err != nil {
			return nil, err
		}
		var found []*job
		for _, j := range s.ordered(flag(in, "Ascend")) {
			if s.listed(j) && pick(j) {
				found = append(found, j)
			}
		}
		from, to, err := s.page(in, len(found))
		if err != nil {
			return nil, err
		}
		return object{"JobSet": s.list(s.wireJobs(found[from:to])), "Total": len(found)}, nil
	},
		required(textList, "ScenarioIds", "ProjectIds"),
		optional(textList, "JobIds"),
		optional(aNumber, "Offset", "Limit"),
		optional(aText, "OrderBy", "StartTime", "EndTime"),
		optional(aFlag, "Ascend", "Debug"),
		optional(numberList, "Status"))
}

func (s *Service) jobFilter(in object) (func(*job) bool, *emu.Error) {
	from, err := instant(in, "StartTime")
	if err != nil {
		return nil, err
	}
	to, err := instant(in, "EndTime")
	if err != nil {
		return nil, err
	}
	debug, debugGiven := emu.Bool(in, "Debug")
	states := numbers(in, "Status")
	now := s.now()
	return func(j *job) bool {
		m := j.at(now)
		return chosen(in, "ScenarioIds", j.scenario.ID) &&
			chosen(in, "ProjectIds", j.project.id) &&
			chosen(in, "JobIds", j.id) &&
			(!debugGiven || debug == j.debug) &&
			(len(states) == 0 || slices.Contains(states, int64(j.state(now)))) &&
			s.timeFits(m.started, from, false) &&
			s.timeFits(m.ended, to, true)
	}, nil
}

// timeFits tells whether a job's time meets a time filter.
func (s *Service) timeFits(t, wanted time.Time, upTo bool) bool {
	if wanted.IsZero() {
		return true
	}
	if t.IsZero() {
		return false
	}
	t = t.Truncate(time.Second) // as replies write it
	switch {
	case s.Switches.TimeFilterEquals:
		return t.Equal(wanted)
	case upTo:
		return !t.After(wanted)
	}
	return !t.Before(wanted)
}

// wireJobs writes jobs for a list, and notes that it showed them ended.
func (s *Service) wireJobs(jobs []*job) []object {
	var out []object
	for _, j := range jobs {
		out = append(out, s.wireJob(j))
		if j.state(s.now()).terminal() {
			j.endedReads++
		}
	}
	return out
}

// wireJob is the structure Job (facts tencent-pts §3, CLI:api), the fields
// unknown to older SDKs too.
func (s *Service) wireJob(j *job) object {
	now := s.now()
	m := j.at(now)
	reason := j.reason(now)
	out := object{
		"JobId": j.id, "ScenarioId": j.scenario.ID, "ProjectId": j.project.id,
		"ScenarioName": j.scenario.Name, "ProjectName": j.project.name,
		"Status": int(j.state(now)), "Message": j.message(now), "AbortReason": reason,
		"CreatedAt": chinaTime(j.created), "StartTime": s.maybeTime(m.started), "EndTime": s.maybeTime(m.ended),
		"Duration": j.scenario.plannedSeconds(), "MaxVirtualUserCount": j.scenario.maxVirtualUsers(),
		"MaxRequestsPerSecond": j.scenario.maxRate(),
		"JobOwner":             j.owner, "Note": j.note, "Debug": j.debug, "CronId": "", "Type": j.scenario.Type,
		"Load": wireLoad(&j.scenario, j.target), "LoadSources": nil, "LoadSourceInfos": j.generators(now),
		"PayMode": j.payMode(), "Usage": j.usage(now),
		"Configs": nil, "Datasets": nil, "Extensions": nil, "Scripts": nil, "TestScripts": nil,
		"Protocols": []object{}, "RequestFiles": []object{}, "Plugins": []object{}, // never null (facts tencent-pts §1)
		"DomainNameConfig": noDomainNames(), "NotificationHooks": nil,
	}
	for name, v := range s.summary(j) {
		out[name] = v
	}
	return out
}

// generatorIP is the address of the one generator.
const generatorIP = "9.139.1.182"

// generators are known once tasks are synchronised.
func (j *job) generators(now time.Time) any {
	if j.at(now).started.IsZero() {
		return nil
	}
	return []object{{"IP": generatorIP, "PodName": j.id + "-p7wh5", "Region": region}}
}

func (j *job) payMode() int {
	if j.debug {
		return payFreeDebug
	}
	return payPostpaid
}

// usage is billed in VUM: resources x 500 x minutes (facts tencent-pts §7).
// That a begun minute counts whole is UNVERIFIED.
func (j *job) usage(now time.Time) int64 {
	if j.debug {
		return 0
	}
	minutes := (int64(j.at(now).seconds(now)) + 59) / 60
	return j.scenario.resources() * vusPerResource * minutes
}

func (c *Scenario) resources() int64 {
	return (c.maxVirtualUsers() + vusPerResource - 1) / vusPerResource
}

// wireLoad is the structure Load: one member of LoadSpec is set, the others
// are null (facts tencent-pts §7). target is that of AdjustJobSpeed.
func wireLoad(c *Scenario, target int64) object {
	spec := object{"Concurrency": nil, "RequestsPerSecond": nil, "ScriptOrigin": nil}
	switch {
	case len(c.Stages) > 0:
		var stages []object
		for _, stage := range c.Stages {
			stages = append(stages, object{
				"DurationSeconds": stage.DurationSeconds, "TargetVirtualUsers": stage.TargetVirtualUsers})
		}
		spec["Concurrency"] = object{
			"Stages": stages, "IterationCount": 0, "MaxRequestsPerSecond": c.MaxRequestsPerSecond,
			"GracefulStopSeconds": 0, "Resources": c.resources(), "Mode": "",
		}
	case c.Rate != nil:
		spec["RequestsPerSecond"] = object{
			"StartRequestsPerSecond": c.Rate.StartRequestsPerSecond, "TargetRequestsPerSecond": target,
			"MaxRequestsPerSecond": c.Rate.MaxRequestsPerSecond, "DurationSeconds": c.Rate.DurationSeconds,
			"Resources": c.resources(), "GracefulStopSeconds": 0, "IterationCount": 0, "TargetVirtualUsers": 0,
		}
	case c.Script != nil:
		spec["ScriptOrigin"] = object{
			"MachineNumber": c.Script.MachineNumber, "MachineSpecification": "", "DurationSeconds": c.Script.DurationSeconds,
		}
	}
	return object{
		"LoadSpec":                   spec,
		"VpcLoadDistribution":        nil,
		"GeoRegionsLoadDistribution": []object{{"RegionId": 1, "Region": region, "Percentage": 100}},
	}
}

// scenarioParams are common to both calls that list scenarios (facts
// tencent-pts §7).
func scenarioParams() []param {
	return slices.Concat(
		optional(textList, "ScenarioIds", "ProjectIds"),
		optional(aText, "ScenarioName", "ScenarioType", "OrderBy"),
		optional(aNumber, "Offset", "Limit"),
		optional(aFlag, "Ascend"))
}

// scenarioOwner is who made the scenarios of the world.
const scenarioOwner = "demo"

// foundScenarios are the scenarios that in asks for, and their page.
func (s *Service) foundScenarios(in object, states []int64) (page []*Scenario, total int, err *emu.Error) {
	var found []*Scenario
	for _, c := range s.scenarios {
		if chosen(in, "ScenarioIds", c.ID) && chosen(in, "ProjectIds", c.ProjectID) &&
			s.nameFits(c.Name, text(in, "ScenarioName")) &&
			either(text(in, "ScenarioType"), c.Type) &&
			either(text(in, "Owner"), scenarioOwner) &&
			(len(states) == 0 || slices.Contains(states, c.status())) {
			found = append(found, c)
		}
	}
	if !flag(in, "Ascend") && !s.Switches.OldestFirst {
		slices.Reverse(found)
	}
	from, to, err := s.page(in, len(found))
	if err != nil {
		return nil, 0, err
	}
	return found[from:to], len(found), nil
}

func (s *Service) nameFits(name, wanted string) bool {
	if s.Switches.NameMatchExact {
		return either(wanted, name)
	}
	return strings.Contains(name, wanted)
}

// status of a scenario: its meaning is not documented; samples show 2 on those
// that have run (facts tencent-pts §7, UNVERIFIED).
func (c *Scenario) status() int64 {
	if c.started {
		return 2
	}
	return 1
}

func (s *Service) describeScenarios() emu.Call {
	return s.call("DescribeScenarios", func(in object) (object, *emu.Error) {
		found, total, err := s.foundScenarios(in, numbers(in, "ScenarioStatus"))
		if err != nil {
			return nil, err
		}
		var set []object
		for _, c := range found {
			set = append(set, s.wireScenario(c, true))
		}
		return object{"ScenarioSet": s.list(set), "Total": total}, nil
	}, scenarioParams(), optional(numberList, "ScenarioStatus"))
}

// describeScenarioWithJobs lists scenarios with their jobs. ScenarioStatus is
// a single number here (facts tencent-pts §7).
func (s *Service) describeScenarioWithJobs() emu.Call {
	return s.call("DescribeScenarioWithJobs", func(in object) (object, *emu.Error) {
		var states []int64
		if n, ok := emu.Int(in, "ScenarioStatus"); ok {
			states = []int64{n}
		}
		found, total, err := s.foundScenarios(in, states)
		if err != nil {
			return nil, err
		}
		related, _ := emu.Object(in, "ScenarioRelatedJobsParams")
		if err := s.check(related, relatedJobsParams()); err != nil {
			return nil, err
		}
		var set []object
		for _, c := range found {
			jobs, err := s.jobsOf(c, related)
			if err != nil {
				return nil, err
			}
			set = append(set, object{
				"Scenario": s.wireScenario(c, !flag(in, "IgnoreScript")), "Jobs": s.list(s.wireJobs(jobs))})
		}
		return object{"ScenarioWithJobsSet": s.list(set), "Total": total}, nil
	},
		scenarioParams(),
		optional(aNumber, "ScenarioStatus"),
		optional(anObject, "ScenarioRelatedJobsParams"),
		optional(aFlag, "IgnoreScript", "IgnoreDataset"),
		optional(aText, "Owner"))
}

func relatedJobsParams() []param {
	return slices.Concat(
		optional(aNumber, "Offset", "Limit"), optional(aText, "OrderBy"), optional(aFlag, "Ascend"))
}

func (s *Service) jobsOf(c *Scenario, related object) ([]*job, *emu.Error) {
	var found []*job
	for _, j := range s.ordered(flag(related, "Ascend")) {
		if j.scenario.ID == c.ID && s.listed(j) {
			found = append(found, j)
		}
	}
	from, to, err := s.page(related, len(found))
	return found[from:to], err
}

// script is what the emulated scenarios run.
const script = "import http from 'pts/http';\n\nexport default function () {\n  http.get('https://shop.example.com/api/catalogue');\n}\n"

// wireScenario is the structure Scenario (facts tencent-pts §7, CLI:api).
func (s *Service) wireScenario(c *Scenario, withScript bool) object {
	made := chinaTime(worldBegan())
	var scripts any
	if withScript {
		scripts = []object{{
			"Name": "script.js", "Size": len(script), "Type": "js", "UpdatedAt": made,
			"EncodedContent": base64.StdEncoding.EncodeToString([]byte(script)), "EncodedHttpArchive": "",
			"LoadWeight": 100,
		}}
	}
	projectName := ""
	if p := s.project(c.ProjectID); p != nil {
		projectName = p.name
	}
	return object{
		"ScenarioId": c.ID, "Name": c.Name, "Description": c.Description, "Type": c.Type, "Status": c.status(),
		"ProjectId": c.ProjectID, "ProjectName": projectName, "Owner": scenarioOwner,
		"CreatedAt": made, "UpdatedAt": made, "Load": wireLoad(c, 0), "SLAPolicy": wireSLAPolicy(c.SLA),
		"TestScripts": scripts, "EncodedScripts": "", "SLAId": "", "CronId": "",
		"Configs": nil, "Datasets": nil, "Extensions": nil,
		"Protocols": []object{}, "RequestFiles": []object{}, "Plugins": []object{}, // never null (facts tencent-pts §1)
		"DomainNameConfig": noDomainNames(), "NotificationHooks": nil,
		"AppId": appID, "Uin": uin, "SubAccountUin": uin,
	}
}

// noDomainNames is how examples write that there are none (CLI:ex).
func noDomainNames() object { return object{"HostAliases": nil, "DNSConfig": nil} }

func wireSLAPolicy(rule *SLARule) any {
	if rule == nil { // as examples write it (CLI:ex)
		return object{"SLARules": []object{}, "AlertChannel": object{"NoticeId": "", "AMPConsumerId": ""}}
	}
	return object{
		"SLARules": []object{{
			"Metric": rule.Metric, "Aggregation": rule.Aggregation, "Condition": rule.Condition,
			"Value": rule.Value, "LabelFilter": nil, "AbortFlag": rule.AbortFlag, "For": rule.For,
		}},
		"AlertChannel": object{"NoticeId": "", "AMPConsumerId": ""},
	}
}

// describeProjects lists projects (facts tencent-pts §7). No project of the
// world has a tag.
func (s *Service) describeProjects() emu.Call {
	return s.call("DescribeProjects", func(in object) (object, *emu.Error) {
		made := chinaTime(worldBegan())
		var found []object
		for _, p := range s.projects {
			if chosen(in, "ProjectIds", p.id) && s.nameFits(p.name, text(in, "ProjectName")) &&
				len(objects(in, "TagFilters")) == 0 {
				found = append(found, object{
					"ProjectId": p.id, "Name": p.name, "Description": p.description, "Status": 1, "Tags": nil,
					"CreatedAt": made, "UpdatedAt": made, "AppId": appID, "Uin": uin, "SubAccountUin": uin,
				})
			}
		}
		if !flag(in, "Ascend") && !s.Switches.OldestFirst {
			slices.Reverse(found)
		}
		from, to, err := s.page(in, len(found))
		if err != nil {
			return nil, err
		}
		return object{"ProjectSet": s.list(found[from:to]), "Total": len(found)}, nil
	},
		optional(textList, "ProjectIds"),
		optional(aText, "ProjectName", "OrderBy"),
		optional(aNumber, "Offset", "Limit"),
		optional(aFlag, "Ascend"),
		optional(objectList, "TagFilters"))
}

// describeRegions lists the regions where load can come from (page 1249/68510,
// CLI:ex). What LoadType tells apart is not documented, so it is ignored.
func (s *Service) describeRegions() emu.Call {
	return s.call("DescribeRegions", func(object) (object, *emu.Error) {
		made := chinaTime(worldBegan())
		of := func(id int, name, short, shown, area string) object {
			return object{
				"RegionId": id, "Region": name, "RegionShortName": short, "RegionName": shown, "Area": area, "RegionState": 1,
				"CreatedAt": made, "UpdatedAt": made,
			}
		}
		return object{"RegionSet": s.list([]object{
			of(1, region, "gz", "Guangzhou", "South China"),
			of(37, "ap-shenzhen", "szx", "Shenzhen", "South China"),
		})}, nil
	}, optional(aNumber, "LoadType"))
}
