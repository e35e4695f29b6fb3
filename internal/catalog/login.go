package catalog

import (
	"slices"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/field"
)

// The clouds that the providers belong to.
const (
	tencentCloud = "Tencent Cloud"
	huaweiCloud  = "Huawei Cloud"
)

// LoginFields are the inputs of a login without keys, of both clouds.
func LoginFields(l *cloud.Login) field.Set {
	return slices.Concat(tencent.RoleFields(&l.Tencent), huawei.AgencyFields(&l.Huawei), l.Fields())
}

// CheckLogin complains of what does not go together in a login, and of what
// none of the providers has a use for.
func CheckLogin(l cloud.Login, given []string, providers []Provider, complain func(input, text string)) {
	for _, c := range []struct {
		of     string
		inputs field.Set
		check  func(cloud.Login, func(input, text string))
	}{
		{tencentCloud, tencent.RoleFields(&l.Tencent), tencent.CheckRole},
		{huaweiCloud, huawei.AgencyFields(&l.Huawei), huawei.CheckAgency},
	} {
		if slices.ContainsFunc(providers, func(p Provider) bool { return p.Cloud == c.of }) {
			c.check(l, complain)
			continue
		}
		for _, name := range c.inputs.Names() {
			if slices.Contains(given, name) {
				complain(name, "means nothing here: no job is on "+c.of)
			}
		}
	}
	if l.ByToken() {
		return
	}
	for _, name := range []string{"oidc_audience", "session_duration", "login_endpoint", "id_token_variable", "login"} {
		if slices.Contains(given, name) {
			complain(name, "means nothing without a login by role or agency: tencent_role_arn, huawei_agency_urn or huawei_identity_provider")
		}
	}
}
