// Runs inside of a worker thread: scripts/embed-worker.mjs makes one script of it.
import { type FitJob, fitInWorker } from './fit-job.js';
import { type IngestJob, ingestInWorker } from './ingest-job.js';
import { serveJobs } from './serve-jobs.js';

/** What worker threads do, by `kind`. */
type Job = IngestJob | FitJob;

serveJobs<Job>(async (job, tell) => {
  switch (job.kind) {
    case 'ingest':
      return await ingestInWorker(job, tell);
    case 'fit':
      return fitInWorker(job);
  }
});
