// An app whose route costs what 'surprise_me' costs. Reads TOLLGATE_URL and PORT.
import express from "express";

import { tokens } from "./tollgate-middleware.mjs";

const { TOLLGATE_URL = "http://127.0.0.1:8080", PORT = "3000" } = process.env;
const app = express();

app.get("/surprise", tokens(TOLLGATE_URL, "surprise_me"), (request, response) => {
  response.json({ surprise: "a niche that nobody has heard of" });
});

// Fails: what was held is let go.
app.get("/broken", tokens(TOLLGATE_URL, "surprise_me"), () => {
  throw new Error("broken");
});

const server = app.listen(Number(PORT), "127.0.0.1", () => {
  process.stdout.write(`listening on ${server.address().port}\n`);
});
