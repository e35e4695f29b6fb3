package cloud

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/job"
)

// certificate makes one that signed itself, and its key.
func certificate(t *testing.T) (der, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a root"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	if der, err = x509.CreateCertificate(rand.Reader, template, template, private.Public(), private); err != nil {
		t.Fatal(err)
	}
	if key, err = x509.MarshalECPrivateKey(private); err != nil {
		t.Fatal(err)
	}
	return der, key
}

func TestReadRoots(t *testing.T) {
	der, private := certificate(t)
	block := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	root, key := block("CERTIFICATE", der), block("EC PRIVATE KEY", private)
	const mark = "-----BEGIN CERTIFICATE-----\n"
	for _, test := range []struct {
		name, src string
		roots     int
		problem   string
	}{
		{"one", root, 1, ""},
		{"several, with words between them", "# one\n" + root + "\nsubject=another\n" + root + "the end", 2, ""},
		{"lines of Windows", strings.ReplaceAll(root, "\n", "\r\n"), 1, ""},
		{"no last line break", strings.TrimSuffix(root, "\n"), 1, ""},
		{"nothing", "", 0, "is empty"},
		{"blanks", " \n\t\n", 0, "is empty"},
		{"words", "no certificate", 0, "has no certificate in PEM"},
		{"a page", "<html>not found</html>", 0, "has no certificate in PEM"},
		{"DER", string(der), 0, "is a certificate in DER; write it in PEM: openssl"},
		{"half a certificate", root[:len(root)/2], 0, "has a block that cannot be read: 1 begin and 0 are whole"},
		{"half a certificate before a whole one", root[:len(root)/2] + "\n" + root, 0, "has a block that cannot be read: 2 begin and 1 are whole"},
		{"a whole one before half of one", root + root[:len(root)/2], 0, "has a block that cannot be read: 2 begin and 1 are whole"},
		{"not base64", mark + "%%%%\n-----END CERTIFICATE-----\n", 0, "has a block that cannot be read"},
		{"no certificate inside", root + block("CERTIFICATE", []byte("hello")), 0, "has a broken certificate, number 2"},
		{"a key", key, 0, "holds a private key"},
		{"a key behind a certificate", root + key, 0, "holds a private key"},
		{"a key before a certificate", key + root, 0, "holds a private key"},
		{"half a key behind a certificate", root + key[:len(key)/2], 0, "holds a private key"},
		{"another kind of key", block("PRIVATE KEY", private), 0, "holds a private key"},
		{"a locked key", block("ENCRYPTED PRIVATE KEY", private), 0, "holds a private key"},
		{"a request", block("CERTIFICATE REQUEST", der), 0, `holds a block "CERTIFICATE REQUEST"`},
		{"OpenSSL's own kind", block("TRUSTED CERTIFICATE", der), 0, `holds a block "TRUSTED CERTIFICATE"`},
	} {
		roots, err := ReadRoots([]byte(test.src))
		switch {
		case test.problem == "" && (err != nil || len(roots) != test.roots):
			t.Errorf("%s: got %d roots, %v", test.name, len(roots), err)
		case test.problem != "" && (err == nil || roots != nil || !strings.HasPrefix(err.Error(), test.problem)):
			t.Errorf("%s: got %d roots, %v, want %s", test.name, len(roots), err, test.problem)
		case err != nil && strings.Contains(err.Error(), strings.Split(key, "\n")[1]):
			t.Errorf("%s: shows the key: %v", test.name, err)
		}
	}
}

func FuzzReadRoots(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
	f.Add([]byte("-----BEGIN RSA PRIVATE KEY-----\nA: b\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		roots, err := ReadRoots(src)
		if (err == nil) != (len(roots) > 0) {
			t.Errorf("got %d roots, %v", len(roots), err)
		}
		if err == nil && bytes.Contains(src, []byte("PRIVATE KEY-----")) {
			t.Error("a key was taken")
		}
	})
}

// TestRoots: a private root is trusted if it is named, beside the others, and
// only then.
func TestRoots(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"ok":true}`) }))
	defer server.Close()
	other, _ := certificate(t)
	stranger, err := x509.ParseCertificate(other)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		roots []*x509.Certificate
		good  bool
	}{
		{"none", nil, false},
		{"another", []*x509.Certificate{stranger}, false},
		{"its own", []*x509.Certificate{stranger, server.Certificate()}, true},
	} {
		body, err := ask(t, (&Transport{Roots: test.roots}).Bind(t.Context(), Call{Name: "StartJob"}), server.URL)
		if test.good {
			if body != `{"ok":true}` || err != nil {
				t.Errorf("%s: got %q, %v", test.name, body, err)
			}
			continue
		}
		if e := want(t, err, job.Unsent, "certificate signed by unknown authority"); !strings.Contains(e.Cure, "ca_file") {
			t.Errorf("%s: %v", test.name, e)
		}
	}
	system, err := x509.SystemCertPool()
	if err != nil {
		t.Fatal(err)
	}
	if more := pool([]*x509.Certificate{stranger}); more.Equal(system) || pool(nil) != nil {
		t.Error("the named root is missing")
	} else if system.AddCert(stranger); !more.Equal(system) {
		t.Error("the system's roots are gone")
	}
}
