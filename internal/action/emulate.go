package action

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"time"

	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/job"
)

// emulate serves the emulated cloud until it is told to stop.
func (p *process) emulate(ctx context.Context) int {
	flags := flag.NewFlagSet("emulate", flag.ContinueOnError)
	flags.SetOutput(p.stderr)
	listen := flags.String("listen", "127.0.0.1:8787", "address to listen on")
	speed := flags.Float64("speed", 1, "how much faster than real time the jobs run")
	quiet := flags.Bool("quiet", false, "do not log the calls")
	flags.Usage = func() {
		fmt.Fprint(p.stderr, "usage: cloudjob emulate [-listen ADDRESS] [-speed N] [-quiet]\n\n")
		flags.PrintDefaults()
		_, halves := newEmulator(1, nil)
		fmt.Fprint(p.stderr, "\n"+world(halves))
	}
	switch err := flags.Parse(p.args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return job.InvalidInput.Exit()
	case *speed <= 0 || *speed > 1e6 || flags.NArg() > 0:
		flags.Usage()
		return job.InvalidInput.Exit()
	}

	c := p.newConsole()
	log := func(line string) { c.line("%s", line) }
	if *quiet {
		log = nil
	}
	handler, halves := newEmulator(*speed, log)
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		c.failure("cloudjob: emulate", fmt.Sprintf("cannot listen on %s: %s", *listen, err))
		return job.Internal.Exit()
	}
	c.line("%s\nlistening on http://%s at speed %g; stop with Ctrl-C", world(halves), listener.Addr(), *speed)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	select {
	case err = <-done:
	case <-ctx.Done():
		grace, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		err = server.Shutdown(grace)
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		c.failure("cloudjob: emulate", err.Error())
		return job.Internal.Exit()
	}
	return 0
}

// world says what the emulator holds and how to reach it.
func world(halves []emu.Half) string {
	tencentNames, huaweiNames := tencent.Variables(), huawei.Variables()
	text := fmt.Sprintf(`The emulated cloud. Nothing in it costs anything or leaves this machine.

  %s=%s %s=%s
  %s=%s %s=%s
  project_id of Huawei's services: %s
  GET /healthz answers when it is ready
  GET /jobs lists every job that it really began, a JSON object a line
  POST /faults makes calls go wrong, such as: Slow call=AbortJob delay=8s times=2

`, tencentNames[0], emulator.TencentKeyID, tencentNames[1], emulator.Secret,
		huaweiNames[0], emulator.HuaweiAccessKey, huaweiNames[1], emulator.Secret, emulator.ProjectID)
	for _, h := range halves {
		text += h.Service + "\n"
		for _, t := range h.World {
			text += fmt.Sprintf("  %-52s %s\n", t.ID, t.Does)
		}
	}
	return text
}
