// Clients that neither the vendors nor we wrote: chnsz/golangsdk, which
// Terraform's provider for Huawei Cloud is built on, and gophertelekomcloud, the
// Open Telekom Cloud's. A module of its own: these tests need an emulator that
// runs, see ../run.sh.
module others

go 1.26.0

require (
	github.com/chnsz/golangsdk v0.0.0-20220802123257-6d62ca9bcbcf
	github.com/opentelekomcloud/gophertelekomcloud v0.9.5
)

require gopkg.in/yaml.v2 v2.3.0 // indirect
