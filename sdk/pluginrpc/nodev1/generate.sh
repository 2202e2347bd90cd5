#!/bin/sh
# Regenerates the code of node.proto. Needs go and protoc on the PATH; the generators are built from contrib/tools.
# protoc's own version is left out of the output, so that any protoc gives the same files.
set -eu
cd "$(dirname "$0")"
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
for g in google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc \
	github.com/planetscale/vtprotobuf/cmd/protoc-gen-go-vtproto; do
	go build -C ../../../contrib/tools -o "$tools/" "$g"
done
cd ../../..
PATH="$tools:$PATH" protoc \
	--go_out=. --go_opt=module=github.com/ppgbox/ppgbox \
	--go-grpc_out=. --go-grpc_opt=module=github.com/ppgbox/ppgbox \
	--go-vtproto_out=. --go-vtproto_opt=module=github.com/ppgbox/ppgbox,features=marshal+unmarshal+size \
	sdk/pluginrpc/nodev1/node.proto
for f in sdk/pluginrpc/nodev1/*.pb.go; do
	grep -v -E '^//[ 	-]+protoc +\(?(v[0-9]|unknown)' "$f" >"$tools/out"
	cat "$tools/out" >"$f"
done
