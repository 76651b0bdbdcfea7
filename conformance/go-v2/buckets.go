package main

import (
	"net/http"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"ossicle.example/conformance/go-harness"
)

func addBucketCases(suite *harness.Suite, w *world) {
	suite.Base(w.name("bucket_create"), func(t *harness.T) {
		_, err := w.client.PutBucket(ctx, &oss.PutBucketRequest{Bucket: oss.Ptr(w.bucket)})
		t.Must("PutBucket", err)
		_, err = w.client.PutBucket(ctx, &oss.PutBucketRequest{Bucket: oss.Ptr(w.bucket)})
		t.Must("PutBucket of one's own bucket", err)
		there, err := w.client.IsBucketExist(ctx, w.bucket)
		t.Must("IsBucketExist", err)
		t.True("the bucket exists", there)
		there, err = w.client.IsBucketExist(ctx, w.bucket+"-not")
		t.Must("IsBucketExist of none", err)
		t.True("another does not", !there)
	})
	suite.Case(w.name("bucket_list"), w.bucketList)
	suite.Case(w.name("bucket_info"), w.bucketInfo)
	suite.Case(w.name("bucket_stat"), w.bucketStat)
	suite.Case(w.name("bucket_acl"), w.bucketACL)
	suite.Case(w.name("bucket_cors"), w.bucketCORS)
	suite.Case(w.name("bucket_delete_not_empty"), func(t *harness.T) {
		w.put(t, "in-the-way", nil)
		_, err := w.client.DeleteBucket(ctx, &oss.DeleteBucketRequest{Bucket: oss.Ptr(w.bucket)})
		service := refused(t, "DeleteBucket", err, http.StatusConflict, "BucketNotEmpty", "")
		t.True("the message tells of objects", strings.HasPrefix(service.Message, "The bucket has objects."))
	})
}

// addCleaningCases come last: they delete everything the other cases left.
func addCleaningCases(suite *harness.Suite, w *world) {
	suite.Base(w.name("bucket_delete"), func(t *harness.T) {
		pages := w.client.NewListObjectsV2Paginator(&oss.ListObjectsV2Request{Bucket: oss.Ptr(w.bucket)})
		for pages.HasNext() {
			page, err := pages.NextPage(ctx)
			t.Must("ListObjectsV2", err)
			var objects []oss.DeleteObject
			for _, object := range page.Contents {
				objects = append(objects, oss.DeleteObject{Key: object.Key})
			}
			if len(objects) > 0 {
				_, err = w.client.DeleteMultipleObjects(ctx, &oss.DeleteMultipleObjectsRequest{
					Bucket: oss.Ptr(w.bucket), Objects: objects, Quiet: true,
				})
				t.Must("DeleteMultipleObjects", err)
			}
		}
		_, err := w.client.DeleteBucket(ctx, &oss.DeleteBucketRequest{Bucket: oss.Ptr(w.bucket)})
		t.Must("DeleteBucket", err)
		_, err = w.client.GetBucketInfo(ctx, &oss.GetBucketInfoRequest{Bucket: oss.Ptr(w.bucket)})
		refused(t, "GetBucketInfo afterwards", err, http.StatusNotFound, "NoSuchBucket", "0015-00000101")
	})
}

func (w *world) bucketList(t *harness.T) {
	result, err := w.client.ListBuckets(ctx, &oss.ListBucketsRequest{Prefix: oss.Ptr(w.bucket)})
	t.Must("ListBuckets", err)
	t.Equal("how many", len(result.Buckets), 1)
	if len(result.Buckets) == 1 {
		bucket := result.Buckets[0]
		t.Equal("Name", value(bucket.Name), w.bucket)
		t.Equal("Location", value(bucket.Location), "oss-"+w.settings.Region)
		t.Equal("Region", value(bucket.Region), w.settings.Region)
		t.Equal("StorageClass", value(bucket.StorageClass), "Standard")
		t.True("ExtranetEndpoint is there", bucket.ExtranetEndpoint != nil)
		t.True("IntranetEndpoint is there", bucket.IntranetEndpoint != nil)
		t.True("CreationDate is now", bucket.CreationDate != nil && time.Since(*bucket.CreationDate).Abs() < time.Hour)
	}
	t.True("the owner is told", result.Owner != nil && value(result.Owner.ID) == value(result.Owner.DisplayName))

	other := w.bucket + "-z"
	_, err = w.client.PutBucket(ctx, &oss.PutBucketRequest{Bucket: oss.Ptr(other)})
	t.Must("PutBucket", err)
	result, err = w.client.ListBuckets(ctx, &oss.ListBucketsRequest{Prefix: oss.Ptr(w.bucket), MaxKeys: 1})
	t.Must("ListBuckets of one", err)
	t.True("it is truncated", result.IsTruncated)
	t.Equal("NextMarker", value(result.NextMarker), w.bucket)
	result, err = w.client.ListBuckets(ctx, &oss.ListBucketsRequest{
		Prefix: oss.Ptr(w.bucket), Marker: oss.Ptr(w.bucket),
	})
	t.Must("ListBuckets from the marker", err)
	t.True("only the second is left", len(result.Buckets) == 1 && value(result.Buckets[0].Name) == other)
	_, err = w.client.DeleteBucket(ctx, &oss.DeleteBucketRequest{Bucket: oss.Ptr(other)})
	t.Must("DeleteBucket", err)
}

func (w *world) bucketInfo(t *harness.T) {
	result, err := w.client.GetBucketInfo(ctx, &oss.GetBucketInfoRequest{Bucket: oss.Ptr(w.bucket)})
	t.Must("GetBucketInfo", err)
	info := result.BucketInfo
	t.Equal("Name", value(info.Name), w.bucket)
	t.Equal("Location", value(info.Location), "oss-"+w.settings.Region)
	t.Equal("ACL", value(info.ACL), "private")
	t.Equal("StorageClass", value(info.StorageClass), "Standard")
	t.Equal("DataRedundancyType", value(info.DataRedundancyType), "LRS")
	t.True("CreationDate", info.CreationDate != nil)
	t.True("Owner", info.Owner != nil && value(info.Owner.ID) != "")
	t.True("ExtranetEndpoint", value(info.ExtranetEndpoint) != "")
	t.True("IntranetEndpoint", value(info.IntranetEndpoint) != "")
	location, err := w.client.GetBucketLocation(ctx, &oss.GetBucketLocationRequest{Bucket: oss.Ptr(w.bucket)})
	t.Must("GetBucketLocation", err)
	t.Equal("LocationConstraint", value(location.LocationConstraint), "oss-"+w.settings.Region)
}

func (w *world) bucketStat(t *harness.T) {
	bucket := oss.Ptr(w.bucket + "-stat")
	_, err := w.client.PutBucket(ctx, &oss.PutBucketRequest{Bucket: bucket})
	t.Must("PutBucket", err)
	for _, key := range []string{"a", "b", "c"} {
		_, err = w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: bucket, Key: oss.Ptr(key),
			Body: strings.NewReader("12345")})
		t.Must("PutObject", err)
	}
	upload, err := w.client.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{Bucket: bucket,
		Key: oss.Ptr("d")})
	t.Must("InitiateMultipartUpload", err)
	stat, err := w.client.GetBucketStat(ctx, &oss.GetBucketStatRequest{Bucket: bucket})
	t.Must("GetBucketStat", err)
	t.Equal("Storage", stat.Storage, int64(15))
	t.Equal("ObjectCount", stat.ObjectCount, int64(3))
	t.Equal("MultipartUploadCount", stat.MultipartUploadCount, int64(1))
	_, err = w.client.AbortMultipartUpload(ctx, &oss.AbortMultipartUploadRequest{Bucket: bucket, Key: oss.Ptr("d"),
		UploadId: upload.UploadId})
	t.Must("AbortMultipartUpload", err)
	for _, key := range []string{"a", "b", "c"} {
		_, err = w.client.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: bucket, Key: oss.Ptr(key)})
		t.Must("DeleteObject", err)
	}
	_, err = w.client.DeleteBucket(ctx, &oss.DeleteBucketRequest{Bucket: bucket})
	t.Must("DeleteBucket", err)
}

// bucketACL checks that the ACL is told and that it is obeyed when nobody signs.
func (w *world) bucketACL(t *harness.T) {
	nobody := w.anonymous()
	read := func() error {
		_, err := nobody.GetObject(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr("acl.txt")})
		return err
	}
	write := func() error {
		_, err := nobody.PutObject(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr("acl-2.txt"),
			Body: strings.NewReader("x")})
		return err
	}
	w.put(t, "acl.txt", []byte("acl"))
	for _, row := range []struct {
		acl         oss.BucketACLType
		read, write bool
	}{
		{oss.BucketACLPublicReadWrite, true, true},
		{oss.BucketACLPublicRead, true, false},
		{oss.BucketACLPrivate, false, false},
	} {
		_, err := w.client.PutBucketAcl(ctx, &oss.PutBucketAclRequest{Bucket: oss.Ptr(w.bucket), Acl: row.acl})
		t.Must("PutBucketAcl", err)
		result, err := w.client.GetBucketAcl(ctx, &oss.GetBucketAclRequest{Bucket: oss.Ptr(w.bucket)})
		t.Must("GetBucketAcl", err)
		t.Equal("ACL", value(result.ACL), string(row.acl))
		t.True("Owner", result.Owner != nil && value(result.Owner.ID) != "")
		for _, attempt := range []struct {
			what    string
			allowed bool
			do      func() error
		}{{"read", row.read, read}, {"write", row.write, write}} {
			what := "anonymous " + attempt.what + " of " + string(row.acl)
			if err := attempt.do(); attempt.allowed {
				t.Must(what, err)
			} else {
				refused(t, what, err, http.StatusForbidden, "AccessDenied", "")
			}
		}
	}
}

func (w *world) bucketCORS(t *harness.T) {
	bucket := oss.Ptr(w.bucket)
	_, err := w.client.GetBucketCors(ctx, &oss.GetBucketCorsRequest{Bucket: bucket})
	refused(t, "GetBucketCors of none", err, http.StatusNotFound, "NoSuchCORSConfiguration", "")
	_, err = w.client.PutBucketCors(ctx, &oss.PutBucketCorsRequest{Bucket: bucket,
		CORSConfiguration: &oss.CORSConfiguration{CORSRules: []oss.CORSRule{
			{AllowedOrigins: []string{"http://www.example.com"}, AllowedMethods: []string{"PUT", "POST"},
				AllowedHeaders: []string{"x-oss-meta-a", "content-type"}, ExposeHeaders: []string{"ETag"},
				MaxAgeSeconds: oss.Ptr(int64(3600))},
			{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"GET"}, AllowedHeaders: []string{"*"}},
		}, ResponseVary: oss.Ptr(true)}})
	t.Must("PutBucketCors", err)
	result, err := w.client.GetBucketCors(ctx, &oss.GetBucketCorsRequest{Bucket: bucket})
	t.Must("GetBucketCors", err)
	if rules := result.CORSConfiguration.CORSRules; len(rules) != 2 {
		t.Errorf("there are %d rules", len(rules))
	} else {
		t.Equal("AllowedOrigins", rules[0].AllowedOrigins, []string{"http://www.example.com"})
		t.Equal("AllowedMethods", rules[0].AllowedMethods, []string{"PUT", "POST"})
		t.Equal("AllowedHeaders", rules[0].AllowedHeaders, []string{"x-oss-meta-a", "content-type"})
		t.Equal("ExposeHeaders", rules[0].ExposeHeaders, []string{"ETag"})
		t.Equal("MaxAgeSeconds", *rules[0].MaxAgeSeconds, int64(3600))
		t.Equal("second AllowedMethods", rules[1].AllowedMethods, []string{"GET"})
	}
	preflight, err := w.client.OptionObject(ctx, &oss.OptionObjectRequest{Bucket: bucket, Key: oss.Ptr("any"),
		Origin: oss.Ptr("http://www.example.com"), AccessControlRequestMethod: oss.Ptr("PUT"),
		AccessControlRequestHeaders: oss.Ptr("x-oss-meta-a,content-type")})
	t.Must("OptionObject", err)
	t.Equal("Allow-Origin", value(preflight.AccessControlAllowOrigin), "http://www.example.com")
	t.True("Allow-Methods has PUT", strings.Contains(value(preflight.AccessControlAllowMethods), "PUT"))
	t.Equal("Expose-Headers", value(preflight.AccessControlExposeHeaders), "ETag")
	t.True("Max-Age", preflight.AccessControlMaxAge != nil && *preflight.AccessControlMaxAge == 3600)
	_, err = w.client.OptionObject(ctx, &oss.OptionObjectRequest{Bucket: bucket, Key: oss.Ptr("any"),
		Origin: oss.Ptr("http://elsewhere.example.com"), AccessControlRequestMethod: oss.Ptr("PUT")})
	refused(t, "preflight of a foreign origin", err, http.StatusForbidden, "AccessForbidden", "")
	_, err = w.client.DeleteBucketCors(ctx, &oss.DeleteBucketCorsRequest{Bucket: bucket})
	t.Must("DeleteBucketCors", err)
	_, err = w.client.DeleteBucketCors(ctx, &oss.DeleteBucketCorsRequest{Bucket: bucket})
	t.Must("DeleteBucketCors again", err)
}
