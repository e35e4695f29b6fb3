package cloud

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// ReadRoots reads certificates in PEM. Its errors are sentences that follow the
// file's name.
func ReadRoots(src []byte) ([]*x509.Certificate, error) {
	if bytes.Contains(src, []byte("PRIVATE KEY-----")) {
		return nil, errors.New("holds a private key, which does not belong there: leave only certificates in it, and take the key for known to others")
	}
	var roots []*x509.Certificate
	blocks := 0
	for rest := src; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		blocks++
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("holds a block %q; it can hold only certificates", Shorten(block.Type))
		}
		root, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("has a broken certificate, number %d", blocks)
		}
		roots = append(roots, root)
	}
	switch marks := bytes.Count(src, []byte("-----BEGIN ")); {
	case len(bytes.TrimSpace(src)) == 0:
		return nil, errors.New("is empty; it needs the certificates of your roots in PEM")
	case marks > blocks: // pem.Decode goes past what it cannot read
		return nil, fmt.Errorf("has a block that cannot be read: %d begin and %d are whole", marks, blocks)
	case roots == nil && isDER(src):
		return nil, errors.New(`is a certificate in DER; write it in PEM: openssl x509 -inform der -in FILE -out roots.pem`)
	case roots == nil:
		return nil, errors.New("has no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----")
	}
	return roots, nil
}

func isDER(src []byte) bool {
	_, err := x509.ParseCertificate(src)
	return err == nil
}
