// Puts and gets objects by the SDK's default credentials until the time is over. usage: s3_work.mjs SECONDS NAME
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

const [seconds, name] = process.argv.slice(2);
// One attempt: a refused request must not be mended by a retry.
const client = new S3Client({ region: "us-east-1", endpoint: process.env.RGW_ENDPOINT, forcePathStyle: true, maxAttempts: 1 });
const end = Date.now() + Number(seconds) * 1000;
const keys = new Set();
let done = 0;
while (Date.now() < end) {
  const object = { Bucket: "bucket", Key: `javascript/${name}` };
  await client.send(new PutObjectCommand({ ...object, Body: String(done) }));
  const answer = await client.send(new GetObjectCommand(object));
  if ((await answer.Body.transformToString()) !== String(done)) throw new Error("another body came back");
  keys.add((await client.config.credentials()).accessKeyId);
  done += 1;
  await new Promise((resolve) => setTimeout(resolve, 100));
}
console.log(JSON.stringify({ done, keys: keys.size }));
