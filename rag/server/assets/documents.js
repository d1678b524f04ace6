/** The page of the documents: adds files, finds, and removes. */

import { Service } from './chat/service.js';
import { Listing } from './shelf/listing.js';
import { Removal } from './shelf/removal.js';
import { Uploads } from './shelf/uploads.js';

const root = /** @type {HTMLElement} */ (document.querySelector('#documents'));
const { service: path, maxUpload, offset, limit } = root.dataset;
const service = new Service(new URL(path ?? '/', location.href));
const removal = new Removal(service);
const listing = new Listing(root, service, Number(offset), Number(limit), (summary, opener) =>
  removal.confirm(summary, opener, () => listing.refresh()),
);
document.body.append(removal.element);
new Uploads(root, service, Number(maxUpload), () => listing.refresh());
void listing.refresh();
