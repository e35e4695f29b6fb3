// Tencent's Go SDK of 2021, the last one in one module: the newest typed client
// of Batch that the module proxy has. A module of its own, as it and the
// SDK that cloudjob uses have packages of one name. See ../run.sh.
module clients2021

go 1.26.0

require github.com/tencentcloud/tencentcloud-sdk-go v1.0.162
