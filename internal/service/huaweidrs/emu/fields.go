package drsemu

import (
	"slices"
	"strconv"

	"cloudjob/internal/emulator/emu"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// text reads an optional string; null is as good as absent.
func text(o map[string]any, name string) (string, *fault) {
	if o[name] == nil {
		return "", nil
	}
	v, ok := emu.Text(o, name)
	if !ok {
		return "", wrongType(name)
	}
	return v, nil
}

func requiredText(o map[string]any, name string) (string, *fault) {
	v, err := text(o, name)
	if err == nil && v == "" {
		err = empty(name)
	}
	return v, err
}

// word reads a required string that must be one of values.
func word(o map[string]any, name string, values ...string) (string, *fault) {
	v, err := requiredText(o, name)
	if err == nil && !slices.Contains(values, v) {
		err = invalid(name)
	}
	return v, err
}

// optionalWord is word for a field that may be absent or empty.
func optionalWord(o map[string]any, name string, values ...string) (string, *fault) {
	v, err := text(o, name)
	if err == nil && v != "" && !slices.Contains(values, v) {
		err = invalid(name)
	}
	return v, err
}

func flag(o map[string]any, name string) (bool, *fault) {
	if o[name] == nil {
		return false, nil
	}
	v, ok := emu.Bool(o, name)
	if !ok {
		return false, wrongType(name)
	}
	return v, nil
}

func flags(o map[string]any, names ...string) *fault {
	for _, name := range names {
		if _, err := flag(o, name); err != nil {
			return err
		}
	}
	return nil
}

// list reads a required array with something in it.
func list(o map[string]any, name string) ([]any, *fault) {
	if o[name] == nil {
		return nil, empty(name)
	}
	v, ok := emu.List(o, name)
	if !ok {
		return nil, wrongType(name)
	}
	if len(v) == 0 {
		return nil, empty(name)
	}
	return v, nil
}

// ids reads "jobs" as an array of job ids, each given once.
func (s *Service) ids(o map[string]any) ([]string, *fault) {
	items, err := list(o, "jobs")
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(items))
	for _, item := range items {
		id, ok := item.(string)
		switch {
		case item == nil || ok && id == "":
			return nil, empty("jobs")
		case !ok:
			return nil, wrongType("jobs")
		}
		ids = append(ids, id)
	}
	return ids, s.checkIDs(ids)
}

// entries reads "jobs" as an array of objects with a job_id, each given once.
func (s *Service) entries(o map[string]any) (entries []map[string]any, ids []string, err *fault) {
	items, err := list(o, "jobs")
	if err != nil {
		return nil, nil, err
	}
	for _, item := range items {
		entry, ok := item.(map[string]any)
		switch {
		case item == nil:
			return nil, nil, empty("jobs")
		case !ok:
			return nil, nil, wrongType("jobs")
		}
		id, err := requiredText(entry, "job_id")
		if err != nil {
			return nil, nil, err
		}
		entries, ids = append(entries, entry), append(ids, id)
	}
	return entries, ids, s.checkIDs(ids)
}

func (s *Service) checkIDs(ids []string) *fault {
	if limit := s.Switches.MaxJobs; limit > 0 && len(ids) > limit {
		if limit == 1 {
			return &fault{"DRS.M00299", "More than one job ID is given."}
		}
		return &fault{"DRS.M00300", "The request names too many jobs."}
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if seen[id] {
			return &fault{"DRS.M00301", "A job ID is given twice: " + id}
		}
		seen[id] = true
	}
	return nil
}

// checkShape is for the calls whose pages demand ids of a fixed form.
func (s *Service) checkShape(ids []string) *fault {
	for _, id := range ids {
		if !s.Switches.LooseIDs && !jobID.MatchString(id) {
			return invalid("job_id")
		}
	}
	return nil
}
