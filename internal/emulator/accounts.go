package emulator

import "time"

// The emulated world's accounts. They are public on purpose: they open
// nothing but this emulator.
const (
	// Secret is the secret key of every access key here.
	Secret = "emulator-secret-key"

	// TencentKeyID is the permanent SecretId.
	TencentKeyID = "AKIDEMULATOR"
	// TencentTemporaryKeyID needs SessionToken in X-TC-Token.
	TencentTemporaryKeyID = "AKIDEMULATORTMP"

	// HuaweiAccessKey is the permanent AK.
	HuaweiAccessKey = "EMULATORAK"
	// HuaweiTemporaryAccessKey needs SessionToken in X-Security-Token.
	HuaweiTemporaryAccessKey = "EMULATORTMPAK"

	// SessionToken goes with the temporary keys of both vendors.
	SessionToken = "emulator-session-token"
	// AuthToken is an IAM token for X-Auth-Token, Huawei's alternative to a
	// signature.
	AuthToken = "emulator-auth-token"

	// TencentAccount is the UIN of the account.
	TencentAccount = "100000000001"
	// HuaweiAccount is the id of the account, which IAM 3 calls a domain.
	HuaweiAccount = "fedcba9876543210fedcba9876543210"
	// HuaweiAccountName is its name.
	HuaweiAccountName = "emulated"

	// ProjectID is the one tenant project that Huawei's paths may name.
	ProjectID = "0123456789abcdef0123456789abcdef"
	// ProjectName is its name: the region, as IAM names default projects.
	ProjectName = "cn-north-4"
)

// Ids of the world's people.
const (
	userUIN      = "100000000002"
	roleID       = "4611686018427000001"
	huaweiUserID = "00112233445566778899aabbccddeeff"
)

// key is one access key; token is empty if it is permanent.
type key struct {
	secret, token string
	expires       time.Time // zero: never
	holder        principal
}

// principal is whom a key or a token is for, as both vendors name it: an id,
// and a name that says what it is.
type principal struct{ id, name string }

// fits says that a key may be used at a moment with the token that came along.
func (k key) fits(token string, now time.Time) bool {
	return k.token == "" || sameSignature(token, k.token) && (k.expires.IsZero() || now.Before(k.expires))
}

// keyring holds access keys by id. It never changes: there is a new one with
// every new key.
type keyring map[string]key

func tencentAccounts() keyring {
	return keyring{
		TencentKeyID:          {secret: Secret, holder: principal{userUIN, "qcs::cam::uin/" + TencentAccount + ":uin/" + userUIN}},
		TencentTemporaryKeyID: {secret: Secret, token: SessionToken, holder: tencentSession(roleID, "cloudjob")},
	}
}

func huaweiAccounts() keyring {
	return keyring{
		HuaweiAccessKey:          {secret: Secret, holder: huaweiUser()},
		HuaweiTemporaryAccessKey: {secret: Secret, token: SessionToken, holder: huaweiUser()},
	}
}

// tencentSession is who plays a role (page 1150/49453).
func tencentSession(role, session string) principal {
	return principal{role + ":" + session, "qcs::sts:" + TencentAccount + ":assumed-role/" + role}
}

// huaweiUser is the user of the permanent key (page GetCallerIdentity of IAM 5).
func huaweiUser() principal {
	return principal{huaweiUserID, "iam::" + HuaweiAccount + ":user:cloudjob"}
}
