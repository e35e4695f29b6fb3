package batchemu

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"cloudjob/internal/emulator/emu"
)

// check holds a submission against the rules that go beyond one field's type
// and range (facts tencent-batch §2.1 to §2.7), and names the tasks that have
// no name.
func (s *Service) check(sub *submission, region string) *emu.Error {
	if len(sub.ClientToken) > 64 || !isASCII(sub.ClientToken) {
		return refuse(badValue, "ClientToken has more than 64 ASCII characters.")
	}
	if err := checkPlacement(sub.Placement, region); err != nil {
		return err
	}
	if utf8.RuneCountInString(sub.Job.JobName) > 60 {
		return refuse("InvalidParameter.JobNameTooLong", "JobName has more than 60 characters.")
	}
	if utf8.RuneCountInString(sub.Job.JobDescription) > 200 {
		return refuse("InvalidParameter.JobDescriptionTooLong", "JobDescription has more than 200 characters.")
	}
	for _, n := range sub.Job.Notifications {
		if err := s.checkNotification(n); err != nil {
			return err
		}
	}
	if err := s.checkTasks(sub.Job.Tasks, region); err != nil {
		return err
	}
	return checkDependences(&sub.Job)
}

func checkPlacement(p placement, region string) *emu.Error {
	if err := checkZone(p.Zone, region); err != nil {
		return err
	}
	if len(p.DedicatedResourcePackIds) > 0 && p.DedicatedResourcePackTenancy == "" {
		return refuse(badCombination, "DedicatedResourcePackIds needs DedicatedResourcePackTenancy.")
	}
	return nil
}

// checkZone tells a zone of another region from one that does not exist, as
// the two codes' texts in NEW:errors.go do.
func checkZone(zone, region string) *emu.Error {
	if isZone(zone, region) {
		return nil
	}
	for _, other := range []string{Guangzhou, Shanghai, Beijing, Singapore} {
		if isZone(zone, other) {
			return refuse("InvalidParameterValue.InvalidZoneMismatchRegion", "The zone %s is not in the region %s.", zone, region)
		}
	}
	return refuse("InvalidZone.MismatchRegion", "There is no zone %q.", zone)
}

func (s *Service) checkNotification(n notification) *emu.Error {
	const topic = `^[A-Za-z0-9_-]+$`
	if utf8.RuneCountInString(n.TopicName) > positive(s.Switches.TopicNameLimit, TopicNameLimit) {
		return refuse("InvalidParameter.NotificationTopicNameTooLong", "A topic name is too long.")
	}
	if n.TopicName == "" || !s.Switches.AnyNames && !matches(topic, n.TopicName) {
		return refuse("InvalidParameter.NotificationTopicName", "%q is no topic name.", n.TopicName)
	}
	seen := map[string]bool{}
	for _, e := range n.EventConfigs {
		if seen[e.EventName] {
			return refuse("InvalidParameter.NotificationEventNameDuplicate", "The event %s is given twice.", e.EventName)
		}
		seen[e.EventName] = true
	}
	return nil
}

func (s *Service) checkTasks(tasks []taskSpec, region string) *emu.Error {
	seen := map[string]bool{}
	total, most := int64(0), int64(positive(s.Switches.MaxTaskInstances, MaxTaskInstances))
	for i := range tasks {
		t := &tasks[i]
		t.TaskName = or(t.TaskName, "task-"+strconv.Itoa(i)) // UNVERIFIED how the service names it
		if err := s.checkTaskName(t.TaskName); err != nil {
			return err
		}
		if seen[t.TaskName] {
			return refuse("InvalidParameter.TaskName", "The task name %s is given twice.", t.TaskName)
		}
		seen[t.TaskName] = true
		if n := t.instances(); n == 0 || n > most-total {
			return refuse("InvalidParameterValue.TaskInstanceNum", "The task %s has too many instances, or none.", t.TaskName)
		}
		total += t.instances()
		if err := s.checkTask(t, region); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) checkTaskName(name string) *emu.Error {
	if utf8.RuneCountInString(name) > positive(s.Switches.TaskNameLimit, TaskNameLimit) {
		return refuse("InvalidParameter.TaskNameTooLong", "A task name is too long.")
	}
	if name == "" || !s.Switches.AnyNames && !matches(`^[A-Za-z0-9_.-]+$`, name) {
		return refuse("InvalidParameter.TaskName", "%q is no task name.", name)
	}
	return nil
}

func (s *Service) checkTask(t *taskSpec, region string) *emu.Error {
	if err := s.checkApplication(t.Application, region); err != nil {
		return err
	}
	if (t.ComputeEnv == nil) == (t.EnvId == "") {
		return refuse("AllowedOneAttributeInEnvIdAndComputeEnv", "The task %s needs either ComputeEnv or EnvId.", t.TaskName)
	}
	if t.EnvId != "" {
		if err := checkEnvID(t.EnvId, region); err != nil {
			return err
		}
	}
	if t.ComputeEnv != nil {
		if err := s.checkComputeEnv(t.ComputeEnv, region); err != nil {
			return err
		}
	}
	return checkPaths(t, region)
}

func (s *Service) checkApplication(a application, region string) *emu.Error {
	switch {
	case a.DeliveryForm == "" && !s.Switches.DeliveryFormOptional:
		return missing("Application.DeliveryForm")
	case a.Command != "" && len(a.Commands) > 0:
		return refuse(badCombination, "Command and Commands are given together.")
	case a.Command == "" && len(a.Commands) == 0:
		return missing("Application.Command")
	case a.DeliveryForm == "PACKAGE" && a.PackagePath == "":
		return missing("Application.PackagePath")
	case a.Docker != nil && a.Docker.DelayOnRetry != nil && *a.Docker.DelayOnRetry == 0:
		return refuse(badValue, "Docker.DelayOnRetry is not from 1 to 360.")
	case a.PackagePath != "":
		return checkPackage(a.PackagePath, region)
	}
	return nil
}

func checkEnvID(id, region string) *emu.Error {
	if !isID(id, "env-") {
		return refuse("InvalidParameter.EnvIdMalformed", "%q is no compute environment id.", id)
	}
	if id != EnvID || region != EnvRegion {
		return refuse("ResourceNotFound.ComputeEnv", "There is no compute environment %s in %s.", id, region)
	}
	return nil
}

func (s *Service) checkComputeEnv(e *computeEnv, region string) *emu.Error {
	data := e.EnvData
	if data == nil {
		data = &envData{}
	}
	if err := data.checkExclusive(); err != nil {
		return err
	}
	if data.InstanceType == "" && len(data.InstanceTypes) == 0 && data.InstanceTypeOptions == nil {
		return refuse(or(s.Switches.IncompleteEnvCode, badEnv), "A managed environment needs an instance type.")
	}
	if data.ImageId != "" && !isID(data.ImageId, "img-") { // the vendor's DAG example has none (facts tencent-batch §2.5)
		return refuse("InvalidParameter.ImageIdMalformed", "%q is no image id.", data.ImageId)
	}
	seen := map[string]bool{}
	for _, name := range data.InstanceTypes {
		if seen[name] {
			return refuse("InvalidParameterValue.InstanceTypeDuplicate", "The instance type %s is given twice.", name)
		}
		seen[name] = true
	}
	for _, zone := range data.Zones {
		if err := checkZone(zone, region); err != nil {
			return err
		}
	}
	return data.checkMachine()
}

// checkExclusive refuses fields that exclude each other (facts tencent-batch §2.5).
func (d *envData) checkExclusive() *emu.Error {
	if count(d.InstanceType != "", len(d.InstanceTypes) > 0, d.InstanceTypeOptions != nil) > 1 {
		return refuse(badCombination, "InstanceType, InstanceTypes and InstanceTypeOptions exclude each other.")
	}
	if count(d.VirtualPrivateCloud != nil, len(d.VirtualPrivateClouds) > 0, len(d.Zones) > 0) > 1 {
		return refuse(badCombination, "VirtualPrivateCloud, VirtualPrivateClouds and Zones exclude each other.")
	}
	if l := d.LoginSettings; l != nil && count(l.Password != "", len(l.KeyIds) > 0, l.KeepImageLogin == "TRUE") > 1 {
		return refuse(badCombination, "Password, KeyIds and KeepImageLogin exclude each other.")
	}
	return nil
}

// checkMachine refuses what the CVM would not take (facts tencent-batch §2.5).
func (d *envData) checkMachine() *emu.Error {
	for _, disk := range d.DataDisks {
		if disk.DiskSize%10 != 0 {
			return refuse(badCvm, "The size of a data disk is no multiple of 10.")
		}
	}
	if d.InstanceMarketOptions == nil || d.InstanceMarketOptions.SpotOptions == nil {
		return nil
	}
	price := d.InstanceMarketOptions.SpotOptions.MaxPrice
	if !matches(`^-?[0-9]+(\.[0-9]+)?$`, price) {
		return refuse("InvalidParameterValue.NotFloat", "MaxPrice is no decimal number.")
	}
	if strings.HasPrefix(price, "-") {
		return refuse("InvalidParameterValue.Negative", "MaxPrice is negative.")
	}
	return nil
}

// checkPaths holds a task's remote and local paths against facts tencent-batch
// §2.7.
func checkPaths(t *taskSpec, region string) *emu.Error {
	remote := []string{t.RedirectInfo.StdoutRedirectPath, t.RedirectInfo.StderrRedirectPath}
	local := []string{t.RedirectLocalInfo.StdoutLocalPath, t.RedirectLocalInfo.StderrLocalPath}
	var mapped []string // required: may not be empty
	for _, m := range t.InputMappings {
		remote, mapped = append(remote, or(m.SourcePath, "?")), append(mapped, m.DestinationPath)
	}
	for _, m := range t.OutputMappings {
		remote, mapped = append(remote, or(m.DestinationPath, "?")), append(mapped, m.SourcePath)
	}
	if t.ComputeEnv != nil {
		for _, d := range t.ComputeEnv.MountDataDisks {
			mapped = append(mapped, d.LocalPath)
		}
	}
	for _, path := range remote {
		if path == "" {
			continue
		}
		if err := checkFolder(path, region); err != nil {
			return err
		}
	}
	for _, path := range local {
		if path != "" {
			mapped = append(mapped, path)
		}
	}
	for _, path := range mapped {
		if !matches(`^(/|[A-Za-z]:)`, path) {
			return refuse("InvalidParameterValue.LocalPath", "%q is no absolute local path.", path)
		}
	}
	return nil
}

// checkFolder checks a remote folder: cos://, cfs:// or nfs://, and a slash at
// its end.
func checkFolder(path, region string) *emu.Error {
	scheme, rest, _ := strings.Cut(path, "://")
	host, _, _ := strings.Cut(rest, "/")
	good := strings.HasSuffix(rest, "/")
	switch scheme {
	case "cos":
		good = good && isBucket(host, region)
	case "cfs", "nfs":
		_, err := netip.ParseAddr(host)
		good = good && err == nil
	default:
		return refuse("InvalidParameterValue.RemoteStorageSchemeType", "%q is neither a cos://, a cfs:// nor an nfs:// path.", path)
	}
	if !good {
		return refuse("InvalidParameterValue.RemoteStoragePath", "%q is no storage path of this region that ends with a slash.", path)
	}
	return nil
}

// checkPackage checks PackagePath: a file that the machine can fetch, in COS or
// by HTTP as the vendor's guide has it (facts tencent-batch §2.4). The
// documents speak of .tgz, a sample of .tar.gz; so the name is not looked at.
// What the code of another scheme is, is UNVERIFIED.
func checkPackage(path, region string) *emu.Error {
	scheme, rest, _ := strings.Cut(path, "://")
	host, file, _ := strings.Cut(rest, "/")
	switch scheme {
	case "cos", "http", "https":
	default:
		return refuse(badValue, "PackagePath is neither an http:// nor a cos:// address.")
	}
	if scheme == "cos" && !isBucket(host, region) || host == "" || file == "" || strings.HasSuffix(file, "/") {
		return refuse("InvalidParameterValue.RemoteStoragePath", "PackagePath is no file that can be fetched.")
	}
	return nil
}

// isBucket accepts <bucket>-<appid>.cos.<region>.myqcloud.com and the older
// short form <bucket>-<appid>.cosgz.myqcloud.com.
func isBucket(host, region string) bool {
	return matches(`^[A-Za-z0-9][A-Za-z0-9-]*-[A-Za-z0-9]+\.(cos\.`+regexp.QuoteMeta(region)+`|cos[a-z]{2,4})\.myqcloud\.com$`, host)
}

// checkDependences refuses unknown tasks and loops.
func checkDependences(j *jobSpec) *emu.Error {
	known := map[string]bool{}
	for _, t := range j.Tasks {
		known[t.TaskName] = true
	}
	for _, d := range j.Dependences {
		for _, name := range []string{d.StartTask, d.EndTask} {
			if !known[name] {
				return refuse("InvalidParameterValue.DependenceNotFoundTaskName", "Dependences names the task %q, which the job does not have.", name)
			}
		}
	}
	if len(topological(j)) < len(j.Tasks) {
		return refuse("InvalidParameterValue.DependenceUnfeasible", "Dependences has a loop.")
	}
	return nil
}

// topological orders the tasks, by index, so that each comes after those it
// depends on. Tasks of a loop, and behind one, are left out.
func topological(j *jobSpec) []int {
	index, open, next := map[string]int{}, make([]int, len(j.Tasks)), make([][]int, len(j.Tasks))
	for i, t := range j.Tasks {
		index[t.TaskName] = i
	}
	for _, d := range j.Dependences {
		from, to := index[d.StartTask], index[d.EndTask]
		open[to]++
		next[from] = append(next[from], to)
	}
	var order []int
	for i := range j.Tasks {
		if open[i] == 0 {
			order = append(order, i)
		}
	}
	for k := 0; k < len(order); k++ {
		for _, to := range next[order[k]] {
			if open[to]--; open[to] == 0 {
				order = append(order, to)
			}
		}
	}
	return order
}

func matches(pattern, s string) bool {
	ok, err := regexp.MatchString(pattern, s)
	return ok && err == nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func count(given ...bool) (n int) {
	for _, g := range given {
		if g {
			n++
		}
	}
	return n
}

func positive(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}
