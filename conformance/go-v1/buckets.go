package main

import (
	"net/http"
	"strings"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
	"ossicle.example/conformance/go-harness"
)

func addBucketCases(suite *harness.Suite, w *world) {
	suite.Base(w.name("bucket_create"), func(t *harness.T) {
		t.Must("CreateBucket", w.client.CreateBucket(w.bucket.BucketName))
		t.Must("CreateBucket again", w.client.CreateBucket(w.bucket.BucketName))
		there, err := w.client.IsBucketExist(w.bucket.BucketName)
		t.Must("IsBucketExist", err)
		t.True("the bucket exists", there)
		err = w.client.CreateBucket(w.bucket.BucketName, oss.StorageClass(oss.StorageIA))
		refused(t, "CreateBucket with another storage class", err, http.StatusConflict, "BucketAlreadyExists", "")
	})
	suite.Case(w.name("bucket_info"), w.bucketInfo)
	suite.Case(w.name("bucket_acl"), w.bucketACL)
	suite.Case(w.name("bucket_cors"), w.bucketCORS)
	suite.Case(w.name("bucket_delete_not_empty"), func(t *harness.T) {
		w.put(t, "in-the-way", nil)
		refused(t, "DeleteBucket", w.client.DeleteBucket(w.bucket.BucketName), http.StatusConflict, "BucketNotEmpty", "")
	})
}

// addCleaningCases come last: they delete everything the other cases left.
func addCleaningCases(suite *harness.Suite, w *world) {
	suite.Base(w.name("bucket_delete"), func(t *harness.T) {
		for {
			page, err := w.bucket.ListObjectsV2(oss.MaxKeys(1000))
			t.Must("ListObjectsV2", err)
			if len(page.Objects) == 0 {
				break
			}
			_, err = w.bucket.DeleteObjects(keysOf(page.Objects), oss.DeleteObjectsQuiet(true))
			t.Must("DeleteObjects", err)
		}
		t.Must("DeleteBucket", w.client.DeleteBucket(w.bucket.BucketName))
		_, err := w.client.GetBucketInfo(w.bucket.BucketName)
		refused(t, "GetBucketInfo afterwards", err, http.StatusNotFound, "NoSuchBucket", "0015-00000101")
	})
}

func (w *world) bucketInfo(t *harness.T) {
	result, err := w.client.GetBucketInfo(w.bucket.BucketName)
	t.Must("GetBucketInfo", err)
	info := result.BucketInfo
	t.Equal("Name", info.Name, w.bucket.BucketName)
	t.Equal("Location", info.Location, "oss-"+w.settings.Region)
	t.Equal("ACL", info.ACL, "private")
	t.Equal("StorageClass", info.StorageClass, "Standard")
	t.Equal("RedundancyType", info.RedundancyType, "LRS")
	t.Equal("Versioning", info.Versioning, "")
	t.True("Owner", info.Owner.ID != "" && info.Owner.ID == info.Owner.DisplayName)
	t.True("endpoints", info.ExtranetEndpoint != "" && info.IntranetEndpoint != "")
	location, err := w.client.GetBucketLocation(w.bucket.BucketName)
	t.Must("GetBucketLocation", err)
	t.Equal("location", location, "oss-"+w.settings.Region)
	list, err := w.client.ListBuckets(oss.Prefix(w.bucket.BucketName))
	t.Must("ListBuckets", err)
	t.True("the list has it alone", len(list.Buckets) == 1 && list.Buckets[0].Name == w.bucket.BucketName &&
		list.Buckets[0].Region == w.settings.Region)
	stat, err := w.client.GetBucketStat(w.bucket.BucketName)
	t.Must("GetBucketStat", err)
	t.Equal("ObjectCount", stat.ObjectCount, int64(0))
}

func (w *world) bucketACL(t *harness.T) {
	w.put(t, "acl.txt", []byte("acl"))
	for _, row := range []struct {
		acl         oss.ACLType
		read, write int
	}{{oss.ACLPublicReadWrite, 200, 200}, {oss.ACLPublicRead, 200, 403}, {oss.ACLPrivate, 403, 403}} {
		t.Must("SetBucketACL", w.client.SetBucketACL(w.bucket.BucketName, row.acl))
		result, err := w.client.GetBucketACL(w.bucket.BucketName)
		t.Must("GetBucketACL", err)
		t.Equal("ACL", result.ACL, string(row.acl))
		t.Equal("anonymous read of "+string(row.acl), harness.Send(t, "GET", w.url("acl.txt"), nil, nil).Status, row.read)
		t.Equal("anonymous write of "+string(row.acl), harness.Send(t, "PUT", w.url("acl-2.txt"), nil, nil).Status, row.write)
	}
	refused(t, "an ACL nobody knows", w.client.SetBucketACL(w.bucket.BucketName, "default"), 400, "InvalidArgument", "")
}

func (w *world) bucketCORS(t *harness.T) {
	name := w.bucket.BucketName
	_, err := w.client.GetBucketCORS(name)
	refused(t, "GetBucketCORS of none", err, http.StatusNotFound, "NoSuchCORSConfiguration", "")
	t.Must("SetBucketCORS", w.client.SetBucketCORS(name, []oss.CORSRule{
		{AllowedOrigin: []string{"http://*.example.com", "http://b.test"}, AllowedMethod: []string{"PUT", "POST"},
			AllowedHeader: []string{"*"}, ExposeHeader: []string{"ETag", "x-oss-request-id"}, MaxAgeSeconds: 100},
		{AllowedOrigin: []string{"*"}, AllowedMethod: []string{"GET"}}}))
	result, err := w.client.GetBucketCORS(name)
	t.Must("GetBucketCORS", err)
	t.Equal("rules", len(result.CORSRules), 2)
	t.Equal("origins", result.CORSRules[0].AllowedOrigin, []string{"http://*.example.com", "http://b.test"})
	t.Equal("max age", result.CORSRules[0].MaxAgeSeconds, 100)

	header, err := w.bucket.OptionsMethod("any", oss.Origin("http://a.example.com"), oss.ACReqMethod("PUT"),
		oss.ACReqHeaders("x-oss-meta-a"))
	t.Must("OptionsMethod", err)
	t.Equal("Allow-Origin", header.Get("Access-Control-Allow-Origin"), "http://a.example.com")
	t.True("Allow-Methods", strings.Contains(header.Get("Access-Control-Allow-Methods"), "PUT"))
	t.True("Allow-Headers", header.Get("Access-Control-Allow-Headers") != "")
	_, err = w.bucket.OptionsMethod("any", oss.Origin("http://a.example.com"), oss.ACReqMethod("DELETE"))
	refused(t, "a method without a rule", err, http.StatusForbidden, "AccessForbidden", "")
	t.Must("DeleteBucketCORS", w.client.DeleteBucketCORS(name))
}
