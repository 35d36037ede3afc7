// basic-ftp: basic_ftp.mjs PACKAGE download|session|version [pasv|separate-host|tls]
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [, , name, what, mode] = process.argv;
const require = createRequire(process.env.PASVLAB_CLIENTS + "/node/");
if (what === "version") {
    console.log("basic-ftp " + require(name + "/package.json").version);
    process.exit();
}
const ftp = require(name);
const file = process.env.PASVLAB_FILE;
const client = mode === "separate-host" ? new ftp.Client(30000, { allowSeparateTransferHost: true }) : new ftp.Client();
if (mode === "pasv") {
    client.prepareTransfer = ftp.enterPassiveModeIPv4;
}
try {
    await client.access({
        host: process.env.PASVLAB_HOST,
        port: Number(process.env.PASVLAB_PORT),
        user: process.env.PASVLAB_USER,
        password: process.env.PASVLAB_PASSWORD,
        secure: mode === "tls",
        secureOptions: mode === "tls" ? { ca: readFileSync(process.env.PASVLAB_CERTIFICATE) } : undefined,
    });
    if (what === "session") {
        for (const entry of await client.list()) {
            console.log(entry.name);
        }
    }
    await client.downloadTo("out", file);
    if (what === "session") {
        await client.uploadFrom("out", "uploaded-" + file);
    }
} catch (error) {
    console.error(String(error));
    process.exitCode = 1;
} finally {
    client.close();
}
