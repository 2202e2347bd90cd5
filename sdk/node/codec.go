package node

import (
	"fmt"

	"google.golang.org/grpc/mem"
)

// codec marshals frames by their generated code. It is given to our connections only and never registered.
type codec struct{}

type frame interface {
	SizeVT() int
	MarshalToSizedBufferVT([]byte) (int, error)
	UnmarshalVT([]byte) error
}

// Name is that of gRPC's own, so that other makers see nothing unusual.
func (codec) Name() string { return "proto" }

func (codec) Marshal(v any) (mem.BufferSlice, error) {
	f, ok := v.(frame)
	if !ok {
		return nil, fmt.Errorf("%T is no frame", v)
	}
	b := make([]byte, f.SizeVT())
	if _, err := f.MarshalToSizedBufferVT(b); err != nil {
		return nil, err
	}
	return mem.BufferSlice{mem.SliceBuffer(b)}, nil
}

func (codec) Unmarshal(data mem.BufferSlice, v any) error {
	f, ok := v.(frame)
	if !ok {
		return fmt.Errorf("%T is no frame", v)
	}
	b := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer b.Free() // UnmarshalVT copies what it keeps
	return f.UnmarshalVT(b.ReadOnlyData())
}
