package plan

import (
	"fmt"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/field"
)

// Search is where jobs are looked for that bear a mark.
type Search struct {
	Provider catalog.Provider
	Spec     catalog.Searcher
	Login    cloud.Login
	CAFile   string
}

// DecodeSearch reads what says where to look: some of a provider's inputs, and
// those of a login.
func DecodeSearch(provider catalog.Provider, inputs []field.Input) (Search, field.Problems) {
	spec, ok := provider.New().(catalog.Searcher)
	if !ok {
		return Search{}, field.Problems{{Place: field.Place{File: provider.Name}, Text: "keeps no mark with what is started, so nothing tells which of it a workflow run began; look in the console"}}
	}
	var run Run
	names, check := spec.Where()
	set := append(catalog.LoginFields(&run.Login), run.Fields().Named("ca_file"))
	for _, name := range names {
		set = append(set, spec.Fields().Named(name))
	}
	var given []string
	for _, in := range inputs {
		given = append(given, in.Name)
	}
	problems := set.DecodeInputs(inputs, field.Options{}, func(at *field.At) {
		if check != nil {
			check(at)
		}
	})
	catalog.CheckLogin(run.Login, given, []catalog.Provider{provider}, func(input, text string) {
		problems = append(problems, field.Problem{Place: field.Place{File: input}, Text: text})
	})
	if len(problems) == 0 && cloud.Emulated(spec.Target()) {
		problems = field.Problems{{Place: field.Place{File: "endpoint"}, Text: fmt.Sprintf("%q is the emulator of one step, and nothing of another step is there; give its address", "emulator")}}
	}
	problems.Sort()
	return Search{provider, spec, run.Login, run.CAFile}, problems.Unique()
}
