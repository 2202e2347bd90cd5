# The commands of this repository. "make" alone prints them.

GO   ?= go
TOOL := $(GO) tool -modfile=contrib/tools/go.mod

# One setting for all builds, so that tests and binary share the build cache, and the binary runs on any Linux.
export CGO_ENABLED ?= 0

.DEFAULT_GOAL := help
.PHONY: help build demo test lint bench faults claims fuzz generate

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## bin/ppgbox, the whole gateway in one file
	$(GO) build -o bin/ppgbox ./host/ppgbox

demo: build ## a push on its way from PAP to a terminal; needs Go and make, no root
	bin/ppgbox demo

# integration/peers/install.sh installs what others wrote (root and apt permitting) and names what is missing. A test that
# misses its peer fails with CI=true and is skipped by name elsewhere. The last line is "N passed, N failed".
test: ## vet, unit tests, house rules, and end to end against parts that others wrote
	integration/peers/install.sh
	$(GO) vet ./...
	$(GO) -C contrib/tools build -o ../../bin/tally ./tally
	$(GO) -C contrib/tools test ./...
	GO="$(GO)" FUZZTIME=1s contrib/tools/fuzz.sh host/config host/pap host/radius host/registration host/subscriber contrib/handset sdk
	bin/tally $(GO) test -json -timeout 12m ./...

lint: ## go vet, staticcheck, gofumpt
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	@unformatted=$$($(TOOL) gofumpt -l .); [ -z "$$unformatted" ] || { echo "not gofumpt-clean:"; echo "$$unformatted"; exit 1; }

bench: ## ppgbox beside Kannel: integration/bench/README.md (20 minutes); then the Go benchmarks
	integration/peers/install.sh
	$(GO) run ./integration/bench -write integration/bench
	$(GO) test -run '^$$' -bench . -benchmem ./sdk/... ./host/... ./plugins/...

faults: ## bursts of 5,000 pushes with something killed, cut or full in the middle; writes integration/faults (20 minutes, root for all)
	$(GO) test -count=1 -timeout 90m ./integration/faults -run TestFaults -v -full

claims: ## transactional SMS push beside store and forward, as an experiment; writes integration/claims (20 minutes)
	$(GO) run ./integration/claims -write integration/claims

fuzz: ## every fuzz target, one after the other, for FUZZTIME (1m) each; stops with the failing input named
	GO="$(GO)" contrib/tools/fuzz.sh

generate: ## write generated code again, without a diff if nothing changed (needs protoc)
	$(GO) generate ./...
