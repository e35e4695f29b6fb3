package cptsemu

import (
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"

	"cloudjob/internal/emulator/emu"
)

// body reads the fields of a request body and keeps the first refusal. A null
// counts as absent: the SDK sends one for a nil list (facts huawei-cpts §3).
// Fields nobody documents pass unseen.
type body struct {
	fields  object
	refused *refusal
}

func readBody(r *emu.Request) *body {
	fields, isObject := r.Object()
	b := &body{fields: fields}
	if !isObject {
		b.refuse("The body is not a JSON object.")
	}
	return b
}

func (b *body) refuse(message string) {
	if b.refused == nil {
		b.refused = badValue(message)
	}
}

func (b *body) has(name string) bool { return b.fields[name] != nil }

func (b *body) text(name string) string {
	text, isText := emu.Text(b.fields, name)
	if !isText {
		b.refuse(name + " must be a string.")
	}
	return text
}

func (b *body) boolean(name string) bool {
	value, isBool := emu.Bool(b.fields, name)
	if !isBool {
		b.refuse(name + " must be a boolean.")
	}
	return value
}

// integer takes what lies between least and the largest int32 (facts
// huawei-cpts §1).
func (b *body) integer(name string, least int64) int {
	n, isInt := emu.Int(b.fields, name)
	if !isInt || n < least || n > math.MaxInt32 {
		b.refuse(name + " must be an integer in its range.")
		return 0
	}
	return int(n)
}

// ids takes a list of ids. UNVERIFIED: an empty one is refused.
func (b *body) ids(name string) []int {
	list, isList := emu.List(b.fields, name)
	if !isList || len(list) == 0 {
		b.refuse(name + " must be a list of integers.")
		return nil
	}
	ids := make([]int, 0, len(list))
	for _, item := range list {
		number, isNumber := item.(json.Number)
		id, fits := parseID(number.String())
		if !isNumber || !fits {
			b.refuse(name + " must hold integers only.")
			return nil
		}
		ids = append(ids, id)
	}
	return ids
}

// name takes a task's name. UNVERIFIED: an empty one is refused.
func (b *body) name(limit int) string {
	name := b.text("name")
	if name == "" {
		b.refuse("name must not be empty.")
	}
	if limit > 0 && utf8.RuneCountInString(name) > limit {
		b.refuse("name is too long.")
	}
	return name
}

// parseID reads an id as it stands in a path: 0 to 2147483647 (facts
// huawei-cpts §1).
func parseID(text string) (id int, ok bool) {
	n, err := strconv.ParseInt(text, 10, 32)
	return int(n), err == nil && n >= 0
}

// The finders below read an id from the path and look up what it names.

func (s *Service) projectOf(r *emu.Request, variable string) (int, *refusal) {
	id, fits := parseID(r.Path(variable))
	if !fits {
		return 0, badValue(variable + " must be an integer.")
	}
	return id, s.checkProject(id)
}

func (s *Service) checkProject(id int) *refusal {
	for _, p := range s.projects {
		if p.id == id {
			return nil
		}
	}
	return noSuch("The test project")
}

func (s *Service) taskOf(r *emu.Request) (*task, *refusal) {
	id, fits := parseID(r.Path("task_id"))
	if !fits {
		return nil, badValue("task_id must be an integer.")
	}
	if t := s.tasks[id]; t != nil {
		return t, nil
	}
	return nil, noSuch("The task")
}

func (s *Service) runOf(r *emu.Request) (*run, *refusal) {
	id, fits := parseID(r.Path("task_run_id"))
	if !fits {
		return nil, badValue("task_run_id must be an integer.")
	}
	for _, run := range s.runs {
		if run.id == id {
			return run, nil
		}
	}
	return nil, noSuch("The run")
}

// page reads offset and limit. UNVERIFIED: both may be missing, a limit of 0
// is as good as none, and what is not a number is refused.
func (s *Service) page(r *emu.Request, rows int) (from, to int, refused *refusal) {
	most := s.Switches.PageLimit
	if most == 0 {
		most = 1000
	}
	offset, limit := 0, most
	for name, value := range map[string]*int{"offset": &offset, "limit": &limit} {
		if text := r.Query.Get(name); text != "" {
			n, fits := parseID(text)
			if !fits {
				return 0, 0, badValue("offset and limit must be integers from 0.")
			}
			*value = n
		}
	}
	if limit == 0 || limit > most {
		limit = most
	}
	if s.Switches.OffsetIsPage {
		offset *= limit
	}
	from = min(offset, rows)
	return from, min(from+limit, rows), nil
}
