package dataartsemu

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cloudjob/internal/emulator/emu"
)

// call is a request in its workspace, at its time.
type call struct {
	*emu.Request
	workspace string
	now       time.Time
}

// onWorkspace checks what holds for every call and brings the world up to date.
func (s *Service) onWorkspace(handle func(*call) emu.Answer) func(*emu.Request) emu.Answer {
	return func(r *emu.Request) emu.Answer {
		if s.Switches.NotPublished {
			return notPublished()
		}
		c := &call{Request: r, workspace: r.Header.Get("Workspace"), now: s.now()}
		s.catchUp(c.now)
		if c.workspace == "" && !s.Switches.NoDefaultWorkspace {
			c.workspace = DefaultWorkspace
		}
		if !s.hasWorkspace(c.workspace) {
			return s.refuse(noWorkspace)
		}
		return handle(c)
	}
}

func (s *Service) onJob(handle func(*call, *job) emu.Answer) func(*emu.Request) emu.Answer {
	return s.onWorkspace(func(c *call) emu.Answer {
		name := c.Path("job_name")
		if code := checkJobName(name); code != "" {
			return s.refuse(code)
		}
		j := s.find(c.workspace, name)
		if j == nil {
			return s.refuse(noJob)
		}
		return handle(c, j)
	})
}

func (s *Service) onInstance(handle func(*call, *instance) emu.Answer) func(*emu.Request) emu.Answer {
	return s.onJob(func(c *call, j *job) emu.Answer {
		id, err := strconv.ParseInt(c.Path("instance_id"), 10, 64)
		if err != nil {
			return s.refuse(invalid)
		}
		for _, i := range s.instances {
			if i.id == id && i.job == j && s.known(i, c.now) {
				return handle(c, i)
			}
		}
		return s.refuse(noInstance)
	})
}

func (s *Service) find(workspace, name string) *job {
	for _, j := range s.jobs {
		if j.Workspace == workspace && j.Name == name {
			return j
		}
	}
	return nil
}

func (s *Service) hasWorkspace(id string) bool {
	if id == DefaultWorkspace || id == NamedWorkspace {
		return true
	}
	for _, j := range s.jobs {
		if j.Workspace == id {
			return true
		}
	}
	return false
}

// checkJobName: letters, digits, Chinese, "-", "_", "."; up to 128 characters
// (facts huawei-dataarts §2). That a bad name is told from an unknown one is
// UNVERIFIED.
func checkJobName(name string) (code string) {
	if strings.TrimSpace(name) == "" {
		return nameEmpty
	}
	if utf8.RuneCountInString(name) > 128 {
		return nameInvalid
	}
	for _, r := range name {
		if !isWord(r) && r != '.' && !unicode.Is(unicode.Han, r) {
			return nameInvalid
		}
	}
	return ""
}

// isWord: letters, digits, "-" and "_".
func isWord(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_'
}
