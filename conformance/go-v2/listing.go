package main

import (
	"net/http"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"ossicle.example/conformance/go-harness"
)

func addListingCases(suite *harness.Suite, w *world) {
	suite.Base(w.name("list_prepare"), func(t *harness.T) {
		for _, key := range harness.ListedKeys() {
			w.put(t, key, []byte(key))
		}
	})
	suite.Case(w.name("list_v1"), w.listV1)
	suite.Case(w.name("list_v1_pages"), w.listV1Pages)
	suite.Case(w.name("list_v2"), w.listV2)
	suite.Case(w.name("list_v2_pages"), w.listV2Pages)
	suite.Case(w.name("list_v2_bad_token"), func(t *harness.T) {
		_, err := w.client.ListObjectsV2(ctx, &oss.ListObjectsV2Request{Bucket: oss.Ptr(w.bucket),
			ContinuationToken: oss.Ptr("!!not a token!!")})
		refused(t, "ListObjectsV2", err, http.StatusBadRequest, "InvalidArgument", "")
	})
}

func keysOf(objects []oss.ObjectProperties) (keys []string) {
	for _, object := range objects {
		keys = append(keys, value(object.Key))
	}
	return keys
}

func prefixesOf(prefixes []oss.CommonPrefix) (texts []string) {
	for _, prefix := range prefixes {
		texts = append(texts, value(prefix.Prefix))
	}
	return texts
}

func (w *world) listV1(t *harness.T) {
	result, err := w.client.ListObjects(ctx, &oss.ListObjectsRequest{Bucket: oss.Ptr(w.bucket), Prefix: oss.Ptr("list/")})
	t.Must("ListObjects", err)
	t.Equal("Name", value(result.Name), w.bucket)
	t.Equal("Prefix", value(result.Prefix), "list/")
	t.Equal("MaxKeys", result.MaxKeys, int32(100))
	t.Equal("IsTruncated", result.IsTruncated, false)
	t.Equal("keys", keysOf(result.Contents), harness.ListedKeys())
	first := result.Contents[0]
	t.Equal("ETag", value(first.ETag), harness.ETag([]byte("list/")))
	t.Equal("Size", first.Size, int64(5))
	t.Equal("Type", value(first.Type), "Normal")
	t.Equal("StorageClass", value(first.StorageClass), "Standard")
	t.True("Owner", first.Owner != nil && value(first.Owner.ID) != "")
	t.True("LastModified", first.LastModified != nil)

	result, err = w.client.ListObjects(ctx, &oss.ListObjectsRequest{Bucket: oss.Ptr(w.bucket),
		Prefix: oss.Ptr("list/"), Delimiter: oss.Ptr("/"), Marker: oss.Ptr("list/a")})
	t.Must("ListObjects with a delimiter", err)
	keys, prefixes := harness.Grouped()
	var after []string
	for _, key := range keys {
		if key > "list/a" {
			after = append(after, key)
		}
	}
	t.Equal("keys at the top", keysOf(result.Contents), after)
	t.Equal("folders", prefixesOf(result.CommonPrefixes), prefixes)
	t.Equal("Delimiter", value(result.Delimiter), "/")
	t.Equal("Marker", value(result.Marker), "list/a")
}

func (w *world) listV1Pages(t *harness.T) {
	for _, delimiter := range []string{"", "/"} {
		request := &oss.ListObjectsRequest{Bucket: oss.Ptr(w.bucket), Prefix: oss.Ptr("list/"), MaxKeys: 3}
		wantedKeys, wantedPrefixes := harness.ListedKeys(), []string(nil)
		if delimiter != "" {
			request.Delimiter = oss.Ptr(delimiter)
			wantedKeys, wantedPrefixes = harness.Grouped()
		}
		var keys, prefixes []string
		pages := w.client.NewListObjectsPaginator(request)
		for pages.HasNext() {
			page, err := pages.NextPage(ctx)
			t.Must("a page", err)
			t.True("a page is full or the last", !page.IsTruncated || len(page.Contents)+len(page.CommonPrefixes) == 3)
			keys = append(keys, keysOf(page.Contents)...)
			prefixes = append(prefixes, prefixesOf(page.CommonPrefixes)...)
		}
		t.Equal("keys in pages", keys, wantedKeys)
		t.Equal("folders in pages", prefixes, wantedPrefixes)
	}
}

func (w *world) listV2(t *harness.T) {
	result, err := w.client.ListObjectsV2(ctx, &oss.ListObjectsV2Request{Bucket: oss.Ptr(w.bucket),
		Prefix: oss.Ptr("list/")})
	t.Must("ListObjectsV2", err)
	t.Equal("KeyCount", result.KeyCount, len(harness.ListedKeys()))
	t.Equal("keys", keysOf(result.Contents), harness.ListedKeys())
	t.True("no owner unless asked", result.Contents[0].Owner == nil)

	result, err = w.client.ListObjectsV2(ctx, &oss.ListObjectsV2Request{Bucket: oss.Ptr(w.bucket),
		Prefix: oss.Ptr("list/"), Delimiter: oss.Ptr("/"), FetchOwner: true})
	t.Must("ListObjectsV2 with a delimiter", err)
	keys, prefixes := harness.Grouped()
	t.Equal("keys at the top", keysOf(result.Contents), keys)
	t.Equal("folders", prefixesOf(result.CommonPrefixes), prefixes)
	t.Equal("KeyCount", result.KeyCount, len(keys)+len(prefixes))
	t.True("the owner when asked", result.Contents[0].Owner != nil && value(result.Contents[0].Owner.ID) != "")

	result, err = w.client.ListObjectsV2(ctx, &oss.ListObjectsV2Request{Bucket: oss.Ptr(w.bucket),
		Prefix: oss.Ptr("list/"), StartAfter: oss.Ptr("list/n2")})
	t.Must("ListObjectsV2 after a key", err)
	t.True("it starts behind the key", len(result.Contents) > 0 && value(result.Contents[0].Key) == "list/n3")
	t.Equal("StartAfter", value(result.StartAfter), "list/n2")
}

func (w *world) listV2Pages(t *harness.T) {
	for _, delimiter := range []string{"", "/"} {
		request := &oss.ListObjectsV2Request{Bucket: oss.Ptr(w.bucket), Prefix: oss.Ptr("list/"), MaxKeys: 2}
		wantedKeys, wantedPrefixes := harness.ListedKeys(), []string(nil)
		if delimiter != "" {
			request.Delimiter = oss.Ptr(delimiter)
			wantedKeys, wantedPrefixes = harness.Grouped()
		}
		var keys, prefixes []string
		pages := w.client.NewListObjectsV2Paginator(request)
		for pages.HasNext() {
			page, err := pages.NextPage(ctx)
			t.Must("a page", err)
			keys = append(keys, keysOf(page.Contents)...)
			prefixes = append(prefixes, prefixesOf(page.CommonPrefixes)...)
		}
		t.Equal("keys in pages", keys, wantedKeys)
		t.Equal("folders in pages", prefixes, wantedPrefixes)
	}
}
