package action

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
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
	var o emulator.Options
	listen := flags.String("listen", listenAddress, "`address` to listen on")
	flags.Float64Var(&o.Speed, "speed", 1, "how much faster than real time the jobs run; keys and tokens live in real time")
	quiet := flags.Bool("quiet", false, "do not log the calls")
	flags.DurationVar(&o.Login.KeyLife, "key-life", 0, "a `duration` that no temporary key outlives, such as 5m; 0 is none, so each lives as long as was asked for")
	flags.DurationVar(&o.Login.TokenLife, "token-life", 5*time.Minute, "the `duration` that an identity token lives")
	flags.BoolVar(&o.Login.SubjectWithIDs, "subject-with-ids", false, "give identity tokens the subject of repositories made since July 2026")
	flags.Usage = func() {
		v, _ := verbOf("emulate")
		fmt.Fprint(p.stderr, v.text()+"\n")
		flags.PrintDefaults()
		_, halves := newEmulator(emulator.Options{})
		fmt.Fprint(p.stderr, "\n"+world(halves, listenAddress))
	}
	switch err := flags.Parse(p.args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return job.InvalidInput.Exit()
	case o.Speed <= 0 || o.Speed > 1e6 || o.Login.KeyLife < 0 || o.Login.TokenLife <= 0 || flags.NArg() > 0:
		flags.Usage()
		return job.InvalidInput.Exit()
	}

	c := p.newConsole()
	if !*quiet {
		o.Log = func(line string) { c.line("%s", line) }
	}
	cloud, halves := newEmulator(o)
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		c.failure("cloudjob: emulate", fmt.Sprintf("cannot listen on %s: %s", *listen, err))
		return job.Internal.Exit()
	}
	io.WriteString(c.out, world(halves, listener.Addr().String())+"\n") // its keys are public, and may be those of the environment
	c.line("listening on http://%s at speed %g; stop with Ctrl-C", listener.Addr(), o.Speed)
	if at, ok := listener.Addr().(*net.TCPAddr); ok && !at.IP.IsLoopback() {
		c.warning("the emulator listens beyond this machine: whoever reaches it can use it, as its keys are public, and read its jobs")
	}
	server := cloud.Server()
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

// listenAddress is where the emulator listens by default.
const listenAddress = "127.0.0.1:8787"

// world says what the emulator holds and how to reach it at an address.
func world(halves []emu.Half, address string) string {
	tencentNames, huaweiNames := tencent.Variables(), huawei.Variables()
	text := fmt.Sprintf(`The emulated cloud. Nothing in it costs anything or leaves this machine.

  %s=%s %s=%s
  %s=%s %s=%s
  project_id of Huawei's services: %s
  GET /healthz answers when it is ready
  GET /jobs lists every job that it really began, a JSON object a line
  POST /faults makes calls go wrong, such as: Slow call=AbortJob delay=8s times=2
  POST /expire ends the life of all temporary keys and tokens

`, tencentNames[0], emulator.TencentKeyID, tencentNames[1], emulator.Secret,
		huaweiNames[0], emulator.HuaweiAccessKey, huaweiNames[1], emulator.Secret, emulator.ProjectID)
	text += keyless(address) + "\n"
	for _, h := range halves {
		text += h.Service + "\n"
		for _, t := range h.World {
			text += fmt.Sprintf("  %-52s %s\n", t.ID, t.Does)
		}
	}
	return text
}

// keyless says how to log in to the emulator without keys.
func keyless(address string) string {
	base := "http://" + address
	text := fmt.Sprintf(`  Logins without keys: identity tokens of an emulated GitHub come by
    ACTIONS_ID_TOKEN_REQUEST_URL=%s
    ACTIONS_ID_TOKEN_REQUEST_TOKEN=%s
  for %s,
  or with -subject-with-ids for %s.
  Their public keys: %s/.well-known/jwks. Each is exchanged once, with
    %-26s %s
`, base+emulator.IdentityTokenPath, emulator.IdentityRequestToken, emulator.Subject, emulator.SubjectWithIDs, base, "login_endpoint", base)
	for _, of := range [][2]string{
		{"tencent_role_arn", emulator.TencentRoleARN},
		{"tencent_oidc_provider", emulator.TencentOIDCProvider},
		{"oidc_audience", emulator.TencentAudience},
		{"allowed_account_ids", emulator.TencentAccount},
		{"huawei_agency_urn", emulator.HuaweiAgencyURN},
		{"huawei_oidc_provider_urn", emulator.HuaweiOIDCProviderURN},
		{"huawei_identity_provider", emulator.HuaweiIdentityProvider},
		{"oidc_audience", emulator.HuaweiAudience},
		{"allowed_account_ids", emulator.HuaweiAccount},
	} {
		text += fmt.Sprintf("    %-26s %s\n", of[0], of[1])
	}
	return text + fmt.Sprintf("  These trust another subject, and refuse:\n    %s\n    %s\n    %s\n",
		emulator.TencentProductionRoleARN, emulator.HuaweiProductionAgencyURN, emulator.HuaweiProductionIdentityProvider)
}
