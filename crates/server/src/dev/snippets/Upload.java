import com.aliyun.oss.*;
import com.aliyun.oss.common.auth.DefaultCredentialProvider;
import com.aliyun.oss.model.*;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;

public class Upload {
    public static void main(String[] args) throws Exception {
        ClientBuilderConfiguration configuration = new ClientBuilderConfiguration();
        configuration.setSLDEnabled(true);
        OSS client = new OSSClientBuilder().build("@endpoint@",
            new DefaultCredentialProvider("@access_key_id@", "@access_key_secret@"), configuration);
        Callback callback = new Callback();
        callback.setCallbackUrl("@callback_url@");
        callback.setCallbackBody("bucket=${bucket}&object=${object}&size=${size}&user=${x:user}");
        callback.addCallbackVar("x:user", "java");
        PutObjectRequest request = new PutObjectRequest("@bucket@", "from-java.txt",
            new ByteArrayInputStream("Hello from Java".getBytes(StandardCharsets.UTF_8)));
        request.setCallback(callback);
        PutObjectResult result = client.putObject(request);
        byte[] answer = result.getResponse().getContent().readAllBytes();
        result.getResponse().getContent().close();
        System.out.println(result.getResponse().getStatusCode() + " " + new String(answer, StandardCharsets.UTF_8));
        client.shutdown();
    }
}
