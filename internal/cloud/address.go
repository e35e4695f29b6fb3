package cloud

import (
	"net"
	"net/url"
	"regexp"
	"strings"

	"cloudjob/internal/field"
)

// Vendor is one of the two clouds, known by the hosts of its services.
type Vendor struct {
	domains []string
	hosts   string // a regular expression for the hosts of its services
}

// Tencent has the hosts of facts tencent-auth §1, of either site.
func Tencent() Vendor {
	return Vendor{[]string{"tencentcloudapi.com"}, `^([a-z0-9-]+\.)+tencentcloudapi\.com$`}
}

// Huawei has the hosts of facts huawei-auth §1: a service, with its region or
// without. Names of more parts, such as BUCKET.obs.cn-north-4.myhuaweicloud.com,
// belong to customers (OBS, Endpoints and Domain Names).
func Huawei() Vendor {
	return Vendor{[]string{"myhuaweicloud.com", "myhuaweicloud.eu"}, `^[a-z0-9-]+(\.[a-z]+-[a-z]+-[0-9]+)?\.myhuaweicloud\.(com|eu)$`}
}

// Owns reports whether the host of an address is one of the vendor's services.
func (v Vendor) Owns(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	owned, err := regexp.MatchString(v.hosts, strings.ToLower(u.Hostname()))
	return owned && err == nil
}

// Emulator is the word that users write in place of an address for the emulator inside
// of this process. EmulatorHost is its host in addresses. No machine can have this
// name, so that no request to it can leave the process by mistake.
const (
	Emulator     = "emulator"
	EmulatorHost = "127.0.0.1:0"

	emulatorAddress = "http://" + EmulatorHost
)

// Endpoint is the input that overrides the address of a vendor's service.
func Endpoint(dst *string, vendor Vendor) *field.Field {
	return field.Text("endpoint", dst,
		"Address to call instead of the service's own, such as https://host or http://127.0.0.1:8787 for an emulator; or the word emulator, for the one inside of the step, where nothing real runs and no login is needed. Plain http is taken for loopback addresses only; in a plan file, only loopback addresses and the vendor's own hosts are.",
	).Then(func(at *field.At) {
		if *dst == Emulator {
			*dst = emulatorAddress
			return
		}
		takeAddress(at, dst, vendor)
	})
}

// Address is an input with an address that credentials are sent to. In a plan file,
// which may come with a pull request, it has to be loopback or a host of the vendors:
// whoever gets an IAM token can use it, and Huawei's signature does not cover the host
// (facts huawei-auth §2).
func Address(name string, dst *string, doc string, vendors ...Vendor) *field.Field {
	return field.Text(name, dst, doc).Then(func(at *field.At) { takeAddress(at, dst, vendors...) })
}

func takeAddress(at *field.At, dst *string, vendors ...Vendor) {
	problem := addressProblem(*dst)
	if problem == "" && at.InFile() {
		problem = strangerProblem(*dst, vendors)
	}
	if problem != "" {
		at.Problem("%s", problem)
	}
	*dst = plainScheme(*dst)
}

// plainScheme writes the scheme of an address in small letters, because the SDKs and we
// compare it so.
func plainScheme(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	return strings.ToLower(scheme) + "://" + rest
}

// addressProblem never shows the address, which may hold a password.
func addressProblem(s string) string {
	u, err := url.Parse(s)
	switch {
	case strings.EqualFold(s, Emulator):
		return "cannot be " + field.Quote(s) + ": the word for the emulator inside of the step, which endpoint takes, is emulator; the logins follow it there"
	case err == nil && u.Port() != "" && strings.Trim(u.Port(), "0") == "":
		return "has port 0, at which nothing can be called"
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return "must be an address like https://host[:port]"
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return "may hold only scheme, host and port, like https://host[:port]"
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return "must be https: plain http, which would show your keys, is taken for loopback addresses only"
	}
	return ""
}

// strangerProblem complains of a well-formed address whose host is not the vendors'.
func strangerProblem(address string, vendors []Vendor) string {
	if u, err := url.Parse(address); err == nil && loopback(u.Hostname()) {
		return ""
	}
	var domains []string
	for _, v := range vendors {
		if v.Owns(address) {
			return ""
		}
		domains = append(domains, v.domains...)
	}
	return "must lead to a loopback address or to a service's host below " + field.List(domains) +
		", because a plan file may come with a pull request and any other host would get your login; give it as an input of a step instead"
}

// IsLoopback tells of a host whether it is this machine.
func IsLoopback(host string) bool { return loopback(host) }

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
