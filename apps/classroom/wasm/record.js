"use strict";
// Prints the fingerprint of a packed engine, with its hash: what engine.json holds.
//   node record.js engine.wasm.gz
const {createHash} = require("crypto");
const {readFileSync} = require("fs");

// The page's own loader, which is no module.
const loader = readFileSync(`${__dirname}/../playground_engine.js`, "utf8");
const playground = new Function(`${loader}; return playground;`)();
const packed = readFileSync(process.argv[2]);
playground.engine(packed.toString("base64")).then(engine => {
  const sha256 = createHash("sha256").update(packed).digest("hex");
  console.log(JSON.stringify({sha256, ...engine.fingerprint()}, null, 1));
});
