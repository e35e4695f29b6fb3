// Tencent's Go SDK of 2021, when it was one module, with a typed client of
// Batch. A module of its own, as it and the SDK that cloudjob uses have
// packages of one name. See ../run.sh.
module clients2021

go 1.26.0

require github.com/tencentcloud/tencentcloud-sdk-go v1.0.162
