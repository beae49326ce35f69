// The Worker under measurement: the real one, with the baselines as routes beside its own and a team that counts its rows.
import { app } from '../../../worker/app.ts';
import { needs } from '../../../worker/api/auth.ts';
import { bareFetch, bareJson, bareLog, signedFetch } from './bare.ts';

export { Courier, default, Directory } from '../../../worker/index.ts';
export { CountingTeam as Team } from './team.ts';

app.post('/bench/json', bareJson);
app.post('/bench/log', needs('ingest'), bareLog);
app.post('/bench/fetch', bareFetch);
app.post('/bench/signed', signedFetch);
