package emulator

import (
	"cloudjob/internal/emulator/emu"
)

// This file is what clients ask the clouds beside the services: who they are,
// and what there is for them.

// platform are the halves that every world has.
func platform() []emu.Half { return []emu.Half{iam(), sts(), regions()} }

// iam is the one call of Huawei's IAM that the regional clients make: they
// look up the project id when the user gave none (sheet huawei-auth §3).
func iam() emu.Half {
	return emu.Half{
		Vendor:  emu.Huawei,
		Service: "iam",
		Calls:   []emu.Call{{Name: "KeystoneListProjects", Route: "GET /v3/projects", Handle: listProjects}},
	}
}

func listProjects(r *emu.Request) emu.Answer {
	projects := []any{}
	if !r.Query.Has("name") || r.Query.Get("name") == ProjectName {
		projects = append(projects, map[string]any{"id": ProjectID, "name": ProjectName})
	}
	return emu.Answer{Body: map[string]any{"projects": projects}}
}

// Ids of the Tencent account.
const (
	accountUIN = "100000000001"
	userUIN    = "100000000002"
	roleID     = "4611686018427000001"
)

// sts tells a caller who it is (page 1150/49453). Logins by AssumeRole are not
// emulated.
func sts() emu.Half {
	return emu.Half{
		Vendor: emu.Tencent, Service: "sts", Version: "2018-08-13",
		Calls: []emu.Call{{Name: "GetCallerIdentity", Handle: callerIdentity}},
	}
}

// callerIdentity takes the temporary key for that of a role. The Type is that
// of a sub-account otherwise, as in the page's example.
func callerIdentity(r *emu.Request) emu.Answer {
	if r.Region == "" {
		return emu.Refuse("MissingParameter", "The common parameter `Region` is missing.")
	}
	if signature, ok := parseTC3(r.Header.Get("Authorization")); ok && signature.id == TencentTemporaryKeyID {
		return emu.Answer{Body: map[string]any{
			"Type": "CAMRole", "AccountId": accountUIN, "UserId": roleID + ":cloudjob", "PrincipalId": userUIN,
			"Arn": "qcs::sts:" + accountUIN + ":assumed-role/" + roleID,
		}}
	}
	return emu.Answer{Body: map[string]any{
		"Type": "CAMUser", "AccountId": accountUIN, "UserId": userUIN, "PrincipalId": userUIN,
		"Arn": "qcs::cam::uin/" + accountUIN + ":uin/" + userUIN,
	}}
}

// regions lists regions of a product (page 1596/77930, tccli's example). Which
// products it knows is not emulated: every one is everywhere.
func regions() emu.Half {
	return emu.Half{
		Vendor: emu.Tencent, Service: "region", Version: "2022-06-27",
		Calls: []emu.Call{{Name: "DescribeRegions", Handle: describeRegions}},
	}
}

func describeRegions(r *emu.Request) emu.Answer {
	in, ok := r.Object()
	if !ok {
		return emu.Refuse("InvalidParameter", "The body is not a JSON object.")
	}
	if product, _ := emu.Text(in, "Product"); product == "" {
		return emu.Refuse("MissingParameter", "The request is missing a required parameter `Product`.")
	}
	set := []any{}
	for _, of := range [][2]string{
		{"ap-guangzhou", "South China (Guangzhou)"}, {"ap-shanghai", "East China (Shanghai)"}, {"ap-beijing", "North China (Beijing)"},
		{"ap-hongkong", "Hong Kong/Macao/Taiwan (Hong Kong, China)"}, {"ap-singapore", "Southeast Asia (Singapore)"}, {"na-siliconvalley", "Western US (Silicon Valley)"},
	} {
		set = append(set, map[string]any{
			"Region": of[0], "RegionName": of[1], "RegionState": "AVAILABLE",
			"RegionTypeMC": nil, "LocationMC": nil, "RegionNameMC": nil, "RegionIdMC": nil,
		})
	}
	return emu.Answer{Body: map[string]any{"TotalCount": len(set), "RegionSet": set}}
}
