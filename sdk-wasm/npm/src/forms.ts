// Forms: begun, submitted, given up; which fields in which order, for how long, with how many refusals. Never a value.

import { awakeMs } from "./clock.js";
import { OFF, isMasked, isOff, nearest, selectorOf } from "./element.js";
import { listen, listenDeep } from "./listener.js";
import type { PageContext, Plugin, Properties } from "./options.js";
import { isLeft, onPage } from "./route.js";

export interface FormsOptions {
  /** Whether fields without a form count too, as one form named by the nearest `role=form`, else by the body: false. */
  readonly formless?: boolean | undefined;
}

interface Field {
  readonly name: string;
  /** How long it had the focus. */
  ms: number;
}

interface Form {
  readonly name: string;
  /** The page that it is on: when the route has changed, it is too late to ask. */
  readonly page: PageContext;
  startMs: number;
  fields: Field[];
  errors: Record<string, number>;
  isStarted?: boolean;
  isSubmitted?: boolean;
  /** Its data were taken after the last input: `form.submit()` has no event. */
  isTaken?: boolean;
}

const FIELD = "input:not([type=submit],[type=button],[type=reset],[type=image]),select,textarea,[contenteditable]";
/** An autosave takes the data within the input. */
const AUTOSAVE_MS = 50;
const SWEEP_INTERVAL_MS = 1_000;
const FIELDS_MAX = 50;

/** Its name, else its stable id, else what it completes, else its type and place; of secret fields only the type. */
const nameOf = (field: HTMLInputElement, path: Element[]): string => {
  const type = field.type || field.localName;
  if (isOff(field) || isMasked(field)) return type;
  // Of a field made of a custom element, that element has the name.
  const named = [field, ...path.filter((one) => one.localName?.includes("-"))];
  return (
    named.map((one) => one.getAttribute("name")).find((name) => name) ||
    /(?:^|>>> )([#[]\S+)$/.exec(selectorOf(field))?.[1] ||
    field.autocomplete ||
    `${type} ${[...(field.form?.elements || [])].indexOf(field) + 1}`
  );
};

/** `Form Started`, `Form Submitted` and `Form Abandoned`. */
export const forms = ({ formless }: FormsOptions = {}): Plugin => ({
  name: "forms",
  setup(_, host) {
    const open = new Map<Element, Form>();
    let focused: Field | undefined;
    let sinceMs = 0;
    let inputMs = 0;
    let timer: ReturnType<typeof setInterval> | undefined;

    const blur = () => {
      if (focused) focused.ms += Math.round(awakeMs() - sinceMs);
      focused = undefined;
    };
    const tell = (what: string, { name, page, fields, errors, startMs }: Form, properties?: Properties) => {
      properties ||= {
        fields,
        last_field: fields.at(-1)?.name,
        errors,
        duration_ms: fields[0] && Math.round(performance.now() - startMs),
      };
      host.track("Form " + what, { form: name, ...properties }, onPage(page));
    };
    /** Ends what is over: removed, on another route, or all of it. */
    const sweep = (isOver?: boolean) => {
      for (const [element, form] of open) {
        if (!isOver && element.isConnected && !isLeft(form.page)) continue;
        blur();
        open.delete(element);
        if (form.isStarted && !form.isSubmitted) tell(form.isTaken ? "Submitted" : "Abandoned", form);
      }
      if (!open.size) timer = clearInterval(timer) as undefined;
    };

    listenDeep("focusin focusout input submit invalid formdata", ({ type }, path) => {
      sweep();
      if (type == "focusout") return blur();
      const target = path[0] as HTMLInputElement;
      const isField = target.matches(FIELD);
      const element =
        (isField && target.form) ||
        path.find((one) => one.localName == "form") ||
        (formless && isField && (target.closest("[role=form]") || document.body));
      if (!element || nearest(target, OFF)) return;
      let form = open.get(element);
      if (!form) {
        const name = (!isMasked(element) && element.getAttribute("name")) || selectorOf(element);
        open.set(element, (form = { name, page: host.view(), startMs: 0, fields: [], errors: {} }));
        timer ??= setInterval(sweep, SWEEP_INTERVAL_MS);
      }
      if (type == "submit") {
        blur();
        tell("Submitted", form);
        form.isSubmitted = true;
        form.fields = [];
        form.errors = {};
      } else if (type == "formdata") {
        form.isTaken = performance.now() - inputMs > AUTOSAVE_MS;
      } else if (isField) {
        const name = nameOf(target, path.slice(0, path.indexOf(element) + 1));
        if (type == "invalid") {
          form.errors[name] = (form.errors[name] || 0) + 1;
          return;
        }
        if (type == "input") {
          inputMs = performance.now();
          form.isTaken = false;
        }
        if (focused?.name == name && form.fields.includes(focused)) return;
        blur();
        sinceMs = awakeMs();
        if (!form.fields[0]) form.startMs = performance.now();
        focused = form.fields.find((field) => field.name == name) || { name, ms: 0 };
        if (!form.fields.includes(focused) && form.fields.length < FIELDS_MAX) form.fields.push(focused);
        if (!form.isStarted) {
          form.isStarted = true;
          tell("Started", form, { field: form.fields[0]!.name });
        }
      }
    });
    // Capturing, and so before the client's own listener sends what waits. A page that is only hidden goes on.
    listen("pagehide", () => sweep(true));
  },
});
