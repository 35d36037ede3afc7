import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.net.ftp.FTP;
import org.apache.commons.net.ftp.FTPClient;
import org.apache.commons.net.ftp.FTPSClient;

/** Apache Commons Net: CommonsNet download|session|version [passive] [epsv] [pasv-address] [tls] [noop=SECONDS] */
public class CommonsNet {
    public static void main(String[] args) throws Exception {
        List<String> options = Arrays.asList(args).subList(1, args.length);
        if (args[0].equals("version")) {
            System.out.println("commons-net " + FTPClient.class.getPackage().getImplementationVersion());
            return;
        }
        boolean session = args[0].equals("session");
        String name = System.getenv("PASVLAB_FILE");
        // It takes any certificate that holds today.
        FTPClient ftp = options.contains("tls") ? new FTPSClient() : new FTPClient();
        for (String option : options) {
            if (option.startsWith("noop=")) {
                ftp.setControlKeepAliveTimeout(Duration.ofSeconds(Long.parseLong(option.substring(5))));
            }
        }
        ftp.connect(System.getenv("PASVLAB_HOST"), Integer.parseInt(System.getenv("PASVLAB_PORT")));
        check(ftp, ftp.login(System.getenv("PASVLAB_USER"), System.getenv("PASVLAB_PASSWORD")));
        if (ftp instanceof FTPSClient) {
            ((FTPSClient) ftp).execPBSZ(0);
            ((FTPSClient) ftp).execPROT("P");
        }
        if (options.contains("passive")) {
            ftp.enterLocalPassiveMode();
        }
        ftp.setUseEPSVwithIPv4(options.contains("epsv"));
        ftp.setIpAddressFromPasvResponse(options.contains("pasv-address"));
        if (session) {
            System.out.println(ftp.listFiles().length + " files");
            check(ftp, ftp.getReplyCode() == 226 || ftp.getReplyCode() == 250);
        }
        check(ftp, ftp.setFileType(FTP.BINARY_FILE_TYPE));
        try (OutputStream out = new FileOutputStream("part")) {
            check(ftp, ftp.retrieveFile(name, out));
        }
        check(ftp, new File("part").renameTo(new File("out")));
        if (session) {
            try (InputStream in = new FileInputStream("out")) {
                check(ftp, ftp.storeFile("uploaded-" + name, in));
            }
        }
        ftp.logout();
        ftp.disconnect();
    }

    private static void check(FTPClient ftp, boolean good) throws IOException {
        if (!good) {
            throw new IOException("server said: " + ftp.getReplyString());
        }
    }
}
