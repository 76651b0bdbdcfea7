module ossicle.example/conformance/go-harness

go 1.21
