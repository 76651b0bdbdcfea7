package main

import (
	"github.com/aliyun/aliyun-oss-go-sdk/oss"
	"ossicle.example/conformance/go-harness"
)

func addListingCases(suite *harness.Suite, w *world) {
	suite.Base(w.name("list_prepare"), func(t *harness.T) {
		for _, key := range harness.ListedKeys() {
			w.put(t, key, []byte(key))
		}
	})
	suite.Case(w.name("list_v1"), w.listV1)
	suite.Case(w.name("list_v2"), w.listV2)
}

func keysOf(objects []oss.ObjectProperties) (keys []string) {
	for _, object := range objects {
		keys = append(keys, object.Key)
	}
	return keys
}

func (w *world) listV1(t *harness.T) {
	result, err := w.bucket.ListObjects(oss.Prefix("list/"))
	t.Must("ListObjects", err)
	t.Equal("keys", keysOf(result.Objects), harness.ListedKeys())
	t.Equal("MaxKeys", result.MaxKeys, 100)
	t.Equal("Prefix", result.Prefix, "list/")
	first := result.Objects[0]
	t.Equal("ETag", first.ETag, harness.ETag([]byte("list/")))
	t.True("Owner", first.Owner.ID != "")
	t.Equal("Type", first.Type, "Normal")

	for _, delimiter := range []string{"", "/"} {
		wantedKeys, wantedFolders := harness.ListedKeys(), []string(nil)
		if delimiter != "" {
			wantedKeys, wantedFolders = harness.Grouped()
		}
		var keys, folders []string
		marker := oss.Marker("")
		for {
			page, err := w.bucket.ListObjects(oss.Prefix("list/"), oss.Delimiter(delimiter), oss.MaxKeys(3), marker)
			t.Must("a page", err)
			keys = append(keys, keysOf(page.Objects)...)
			folders = append(folders, page.CommonPrefixes...)
			if !page.IsTruncated {
				break
			}
			marker = oss.Marker(page.NextMarker)
		}
		t.Equal("keys in pages", keys, wantedKeys)
		t.Equal("folders in pages", folders, wantedFolders)
	}
}

func (w *world) listV2(t *harness.T) {
	result, err := w.bucket.ListObjectsV2(oss.Prefix("list/"), oss.Delimiter("/"), oss.FetchOwner(true))
	t.Must("ListObjectsV2", err)
	wantedKeys, wantedFolders := harness.Grouped()
	t.Equal("keys at the top", keysOf(result.Objects), wantedKeys)
	t.Equal("folders", result.CommonPrefixes, wantedFolders)
	t.True("Owner", result.Objects[0].Owner.ID != "")
	var keys []string
	token := oss.ContinuationToken("")
	for {
		page, err := w.bucket.ListObjectsV2(oss.Prefix("list/"), oss.MaxKeys(2), token, oss.StartAfter("list/folder/"))
		t.Must("a page", err)
		keys = append(keys, keysOf(page.Objects)...)
		if !page.IsTruncated {
			break
		}
		token = oss.ContinuationToken(page.NextContinuationToken)
	}
	var wanted []string
	for _, key := range harness.ListedKeys() {
		if key > "list/folder/" {
			wanted = append(wanted, key)
		}
	}
	t.Equal("keys in pages", keys, wanted)
}
