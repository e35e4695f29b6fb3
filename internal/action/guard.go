package action

import (
	"context"
	"strings"

	"cloudjob/internal/engine"
	"cloudjob/internal/plan"
)

// foretell says, without a call, what is known of how much a start would run: the
// size where the inputs have it, else the limits that a run holds it against. The
// error is that of a size which the limits do not let pass.
func (c *console) foretell(ctx context.Context, j plan.Job, s engine.Service) error {
	what := called(j, strings.Join(s.What(), ", "))
	switch _, starts := s.(engine.Sized); {
	case starts && j.Provider.Foretold:
		size, err := engine.SizeOf(ctx, s)
		if err != nil {
			return err
		}
		c.line("size of %s: up to %s", what, size.Text())
		return j.Guard.Refusal(s.What(), size)
	case starts && len(j.Guard) > 0:
		c.line("size of %s: read before the start, which is refused if it is larger than allowed: %s", what, j.Guard.Text())
	}
	return nil
}
