package emulator

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

	// ProjectID is the one tenant project that Huawei's paths may name.
	ProjectID = "0123456789abcdef0123456789abcdef"
	// ProjectName is its name: the region, as IAM names default projects.
	ProjectName = "cn-north-4"
)

// key is one access key; token is empty if it is permanent.
type key struct{ secret, token string }

// keyring holds access keys by id.
type keyring map[string]key

func tencentAccounts() keyring {
	return keyring{
		TencentKeyID:          {secret: Secret},
		TencentTemporaryKeyID: {secret: Secret, token: SessionToken},
	}
}

func huaweiAccounts() keyring {
	return keyring{
		HuaweiAccessKey:          {secret: Secret},
		HuaweiTemporaryAccessKey: {secret: Secret, token: SessionToken},
	}
}
