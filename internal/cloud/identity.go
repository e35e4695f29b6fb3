package cloud

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cloudjob/internal/job"
)

// Identity is who calls, as far as the cloud tells.
type Identity struct {
	Account string    // id of the account that owns what is called
	Name    string    // ARN, URN or name of the caller
	Kind    string    // what the caller is, in the vendor's word; may be empty
	Until   time.Time // when the login ends, zero if that is not told
}

// ErrUntold is the error where a cloud has no call that tells whose login it is.
var ErrUntold = errors.New("who calls is not told here")

// Beside is the address of another service of the same site and region: the
// vendors' hosts begin with the service's name. An address that does not, like
// the emulator's, serves all of them.
func Beside(endpoint, service, other string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint
	}
	if rest, named := strings.CutPrefix(u.Host, service+"."); named {
		u.Host = other + "." + rest
		return u.String()
	}
	return endpoint
}

// Rejected reports whether the login itself was refused, and not only a permission.
// Then every other call would be refused too, and Huawei locks a key after five such
// calls (facts huawei-auth §2).
func Rejected(err error) bool {
	e, ok := errors.AsType[*job.Error](err)
	if !ok || e.Fault != job.Denied {
		return false
	}
	permission := strings.HasSuffix(e.Code, "UnauthorizedOperation") // of Tencent, which answers 200
	return e.Status == http.StatusUnauthorized || strings.HasPrefix(e.Code, "AuthFailure") && !permission
}
