package blocks

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ebs"

	"github.com/ovenbird-io/ovenbird/internal/amazon/diskfile"
	served "github.com/ovenbird-io/ovenbird/internal/ec2box/blocks"
)

// TestProcess is an upload in a process of its own, for BenchmarkProcess.
func TestProcess(t *testing.T) {
	url, path, _ := strings.Cut(os.Getenv("BLOCKS_UPLOAD"), " ")
	if path == "" {
		t.Skip("it is the benchmark's")
	}
	disk, err := diskfile.Open(t.Context(), path, "raw", "")
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	c := ebs.New(ebs.Options{
		Region: "eu-central-1", BaseEndpoint: aws.String(url), Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
	if _, err := Upload(t.Context(), c, disk, Options{}); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkProcess tells what memory a process takes that sends a disk of 40
// GiB, half of a GiB of it data.
func BenchmarkProcess(b *testing.B) {
	s := newSandbox(b)
	direct := served.New(s.store, func(string) served.Catalog { return s }, served.Limits{})
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { direct.Serve(w, r, "eu-central-1") })
	_, path := noise(b)
	b.SetBytes(full * Size)
	var most int64
	var busy time.Duration
	for range b.N {
		cmd := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestProcess$")
		cmd.Env = append(os.Environ(), "BLOCKS_UPLOAD="+s.URL+" "+path)
		if text, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, text)
		}
		if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			most = max(most, u.Maxrss)
		}
		busy += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	b.ReportMetric(float64(most)/1024, "MiB-memory")
	b.ReportMetric(busy.Seconds()/float64(b.N), "cpu-s/op")
}
