package blocks

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"
)

// startRequest is the body of StartSnapshot.
type startRequest struct {
	VolumeSize       *int64
	ParentSnapshotId string //nolint:staticcheck // as it stands in the request
	Tags             []tag
	Description      string
	ClientToken      string
	Encrypted        *bool
	KmsKeyArn        string //nolint:staticcheck // as it stands in the request
	Timeout          *int64 // minutes
}

type tag struct{ Key, Value string }

// started is a StartSnapshot that was answered, for those who ask again.
type started struct {
	request startRequest
	id      string
	ready   chan struct{} // closed when the first one is done
}

// largest is the largest volume, in GiB.
const largest = 65536

func (s *Server) start(w http.ResponseWriter, in *request) error {
	release, err := s.enter(&s.starts, s.limits.Starts)
	if err != nil {
		return err
	}
	defer release()
	var asked startRequest
	raw, err := io.ReadAll(io.LimitReader(in.Body, 1<<20))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &asked); err != nil {
		return &Fault{"SerializationException", http.StatusBadRequest, "", "The request's body cannot be read: " + err.Error()}
	}
	for {
		mine, earlier := s.claim(in.region, asked)
		if earlier == nil {
			return s.startOnce(w, in, asked, mine)
		}
		if !reflect.DeepEqual(earlier.request, asked) {
			return &Fault{"ConflictException", http.StatusConflict, "", "The client token was used before, with another request."}
		}
		select {
		case <-earlier.ready:
		case <-in.Context().Done():
			return in.Context().Err()
		}
		if earlier.id != "" {
			return s.answerStart(w, in, earlier.id)
		}
	}
}

// claim gives what answered the client token before, or notes that we will.
func (s *Server) claim(region string, asked startRequest) (mine, earlier *started) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := region + " " + asked.ClientToken
	if earlier := s.tokens[key]; earlier != nil && asked.ClientToken != "" {
		return nil, earlier
	}
	mine = &started{request: asked, ready: make(chan struct{})}
	s.tokens[key] = mine
	return mine, nil
}

// startOnce starts a snapshot and tells those who wait for its id. A token
// whose request was refused is free again.
func (s *Server) startOnce(w http.ResponseWriter, in *request, asked startRequest, mine *started) error {
	id, err := s.begin(in, asked)
	s.mu.Lock()
	if mine.id = id; err != nil || asked.ClientToken == "" {
		delete(s.tokens, in.region+" "+asked.ClientToken)
	}
	close(mine.ready)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.answerStart(w, in, id)
}

func (s *Server) begin(in *request, asked startRequest) (id string, err error) {
	want, err := s.wanted(in, asked)
	if err != nil {
		return "", err
	}
	s.expire(in.region)
	s.mu.Lock()
	open := 0
	for _, u := range s.uploads {
		if u.region == in.region {
			open++
		}
	}
	s.mu.Unlock()
	if open >= s.limits.Open {
		return "", &Fault{"ServiceQuotaExceededException", http.StatusPaymentRequired, "DEPENDENCY_SERVICE_QUOTA_EXCEEDED", "There are too many pending snapshots."}
	}
	made, err := in.catalog.Begin(in.Context(), want)
	if err != nil {
		return "", err
	}
	limit := time.Hour
	if asked.Timeout != nil {
		limit = time.Duration(*asked.Timeout) * time.Minute
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uploads[made.ID] = &upload{region: in.region, limit: limit, last: s.now(), blocks: map[int]bool{}}
	return made.ID, nil
}

// wanted checks a request.
func (s *Server) wanted(in *request, asked startRequest) (Snapshot, error) {
	want := Snapshot{Description: asked.Description, Parent: asked.ParentSnapshotId, Status: Pending, Tags: map[string]string{}, Direct: true, KMSKey: asked.KmsKeyArn}
	if asked.Encrypted != nil {
		want.Encrypted = *asked.Encrypted
	}
	switch {
	case asked.VolumeSize == nil || *asked.VolumeSize < 1 || *asked.VolumeSize > largest:
		return want, invalid("INVALID_VOLUME_SIZE", "VolumeSize must be from 1 to 65536 GiB.")
	case asked.Timeout != nil && (*asked.Timeout < 10 || *asked.Timeout > 4320):
		return want, invalid("INVALID_PARAMETER_VALUE", "Timeout must be from 10 to 4320 minutes.")
	case len(asked.Description) > 255:
		return want, invalid("INVALID_PARAMETER_VALUE", "Description may have 255 characters.")
	case asked.Encrypted != nil && asked.ParentSnapshotId != "":
		return want, invalid("INVALID_PARAMETER_VALUE", "Encrypted and ParentSnapshotId exclude each other.")
	case asked.KmsKeyArn != "" && (asked.Encrypted == nil || !*asked.Encrypted):
		return want, invalid("INVALID_PARAMETER_VALUE", "KmsKeyArn needs Encrypted.")
	case len(asked.Tags) > 50:
		return want, invalid("INVALID_TAG", "A snapshot may have 50 tags.")
	}
	for _, t := range asked.Tags {
		_, twice := want.Tags[t.Key]
		if twice || t.Key == "" || len(t.Key) > 127 || len(t.Value) > 255 || strings.HasPrefix(strings.ToLower(t.Key), "aws:") {
			return want, invalid("INVALID_TAG", "The tag '"+t.Key+"' cannot be used.")
		}
		want.Tags[t.Key] = t.Value
	}
	want.SizeGiB = *asked.VolumeSize
	if want.Parent == "" {
		return want, nil
	}
	parent, err := in.look(want.Parent)
	switch {
	case err != nil:
		return want, err
	case parent.Status != Completed:
		return want, invalid("INVALID_SNAPSHOT_ID", "The parent snapshot '"+want.Parent+"' is not completed.")
	case want.SizeGiB < parent.SizeGiB:
		return want, invalid("INVALID_VOLUME_SIZE", "VolumeSize is less than the parent snapshot's.")
	}
	want.Encrypted, want.KMSKey = parent.Encrypted, parent.KMSKey
	return want, nil
}

func (s *Server) answerStart(w http.ResponseWriter, in *request, id string) error {
	made, err := in.look(id)
	if err != nil {
		return err
	}
	body := map[string]any{
		"SnapshotId": made.ID, "OwnerId": made.Owner, "Status": made.Status, "StartTime": seconds(made.Started),
		"VolumeSize": made.SizeGiB, "BlockSize": blockSize, "Description": made.Description,
	}
	if made.Parent != "" {
		body["ParentSnapshotId"] = made.Parent
	}
	if made.Encrypted {
		body["SseType"] = "sse-kms"
	}
	if made.KMSKey != "" {
		body["KmsKeyArn"] = made.KMSKey
	}
	var tags []tag
	for key, value := range made.Tags {
		tags = append(tags, tag{key, value})
	}
	body["Tags"] = tags
	answer(w, http.StatusCreated, body)
	return nil
}

// enter counts a request; the caller must release it.
func (s *Server) enter(count *int, limit int) (release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if *count >= limit {
		return nil, &Fault{"ConcurrentLimitExceededException", http.StatusBadRequest, "", "There are too many requests at once."}
	}
	*count++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		*count--
	}, nil
}

// expire gives up the snapshots of a region that nobody went on with.
func (s *Server) expire(region string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, u := range s.uploads {
		if u.region != region {
			continue
		}
		if _, there := s.catalog(region).Look(id); !there {
			delete(s.uploads, id)
		} else if s.now().Sub(u.last) > u.limit {
			s.catalog(region).Fail(id)
			delete(s.uploads, id)
		}
	}
}

// seconds is a time as the protocol has it.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
