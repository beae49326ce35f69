// The Worker: an HTTP app, a team's object, the operator's directory and the courier.
import { app } from './app.ts';

export { Courier } from './courier.ts';
export { Directory } from './directory.ts';
export { Team } from './team.ts';

export default { fetch: app.fetch };
