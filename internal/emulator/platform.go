package emulator

import (
	"cloudjob/internal/emulator/emu"
)

// This file is what clients ask the clouds beside the services.

// platform are the halves that every world has.
func (e *Emulator) platform() []emu.Half {
	return []emu.Half{e.github(), e.iam(), e.huaweiSTS(), e.tencentSTS(), regions()}
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
