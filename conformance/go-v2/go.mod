module ossicle.example/conformance/go-v2

go 1.21

require (
	github.com/aliyun/alibabacloud-oss-go-sdk-v2 v1.6.1
	ossicle.example/conformance/go-harness v0.0.0
)

require golang.org/x/time v0.4.0 // indirect

replace ossicle.example/conformance/go-harness => ../go-harness
