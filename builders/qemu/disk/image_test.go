package disk

import (
	"testing"
)

func TestBytesOf(t *testing.T) {
	for size, want := range map[string]int64{"8": 8 << 20, "40960M": 40 << 30, "2g": 2 << 30, "1T": 1 << 40, "512b": 512, "4K": 4096} {
		if !sizePattern.MatchString(size) {
			t.Errorf("%q is refused", size)
		}
		if got := bytesOf(size); got != want {
			t.Errorf("%q is %d bytes, want %d", size, got, want)
		}
	}
}

func TestPercent(t *testing.T) {
	total := int64(0)
	p := &percent{add: func(n int64) { total += n }, of: 8 << 20}
	for _, piece := range []string{"    (0.00/100%)\r    (12.", "50/100%)\r", "    (100.00/100%)\r\n"} {
		if n, err := p.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	if total != 8<<20 {
		t.Errorf("added up to %d of %d", total, 8<<20)
	}
}
