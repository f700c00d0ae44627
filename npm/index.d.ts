/** A value that an event's properties may have. */
export type Value = string | number | boolean | null | undefined | Value[] | { [name: string]: Value };

/** Properties of any event: at most 8 KiB of JSON. */
export interface Properties {
  [name: string]: Value;
}

/** What an order is told with. */
export interface Purchase extends Properties {
  /** In the currency's usual unit, not negative: `99.9`. */
  revenue?: number;
  /** ISO 4217; the site's default if it is left out. */
  currency?: string;
  /** Counts once per site, however often and from wherever it is told. */
  order_id?: string | number;
}

/** What takes back an order, or a part of it. */
export interface Refund extends Properties {
  order_id: string | number;
  /** All of it if this is left out. */
  amount?: number;
  currency?: string;
}

/** The visitor is in an experiment. */
export interface Assignment {
  experiment: string;
  variant: string;
}

/** The visitor was given the variant: what counts in the experiment. */
export interface Exposure extends Assignment {
  version: number;
}

/** What `on` tells of. */
export interface Notices {
  assignment: Assignment;
  exposure: Exposure;
}

/** Takes a listener away. */
export type Off = () => void;

/** How the SDK is to behave: the attributes of the tag. */
export interface Options {
  /** Nothing happens before `consent(true)`. */
  consent?: "required";
  /** One more global name besides `window.tributary`. */
  global?: string;
  /** An id in memory for one page load, and no experiments. */
  cookieless?: boolean;
  /** What `setAttributes` would say later. */
  attributes?: Properties;
  /** A fragment that begins with `#/` or `#!/` is a page of its own. */
  hashRoutes?: boolean;
  /** GA4's e-commerce events in `dataLayer` (or a list of this name) are told, and exposures written there. */
  datalayer?: boolean | string;
  /** The JavaScript build of the same code, where a policy forbids WebAssembly. */
  wasm?: "off";
  /** How much of a communication must be visible until it has appeared, from 0 to 1. */
  visibleShare?: number;
  /** For how many ms. */
  visibleMs?: number;
  /** How many ms a mouse must stay on a communication to hover it. */
  hoverMs?: number;
}

/** What `init` needs to know. */
export interface Start extends Options {
  /** The site's key. */
  site: string;
  /** The collector's address, such as `https://collector.example` or `/tributary` of the page's own origin. */
  collector: string;
}

/** The events whose properties have a meaning; a shop may add its own here (`declare module`). */
export interface Events {
  purchase: Purchase;
  refund: Refund;
}

/** An event; its time and properties are those of the moment of the call. */
export declare function track<Name extends keyof Events>(name: Name, properties: Events[Name]): void;
export declare function track<Name extends string>(name: Name extends keyof Events ? never : Name, properties?: Properties): void;

/** Kept when variants are known, also when there are none. */
export declare function ready(): Promise<void>;

/** The variant's key, or `null`; being given one is the exposure. */
export declare function getVariant(experiment: string): string | null;

/** All experiments that the visitor is in; exposes nobody. */
export declare function getAssignments(): Record<string, string>;

/** The visitor is this person. */
export declare function identify(profile: string | number): void;

/** What is known of the visitor besides, for experiments that are not for everybody; `null` is nothing known. */
export declare function setAttributes(attributes: Properties): void;

/** What the visitor decided. */
export declare function consent(given: boolean): void;

/** Sends what waits; kept when all of it was acknowledged, or an attempt failed. */
export declare function flush(): Promise<void>;

/** Another visitor from now on: at a sign-out on shared computers. */
export declare function clear(): void;

/** The same of a communication that code shows, or closed. */
export declare function appeared(communication: string): void;
export declare function clicked(communication: string): void;
export declare function hovered(communication: string): void;
export declare function dismissed(communication: string): void;

/** Looks for communications and forms in a shadow root that was attached late. */
export declare function observe(root: ShadowRoot): void;

/** Tells of what there was in this page load, then of what comes. */
export declare function on<Name extends keyof Notices>(name: Name, listener: (notice: Notices[Name]) => void): Off;

/** Takes a listener away. */
export declare function off<Name extends keyof Notices>(name: Name, listener: (notice: Notices[Name]) => void): void;

/** Opens the inspector. */
export declare function inspect(): Promise<void>;

/** Starts the SDK that is in this package. Not needed in pages that have the script's tag. */
export declare function init(start: Start): Promise<void>;

/** `window.tributary`: the functions above, as the script of the tag brings them. */
export interface Tributary {
  track: typeof track;
  ready: typeof ready;
  getVariant: typeof getVariant;
  getAssignments: typeof getAssignments;
  identify: typeof identify;
  setAttributes: typeof setAttributes;
  consent: typeof consent;
  flush: typeof flush;
  clear: typeof clear;
  appeared: typeof appeared;
  clicked: typeof clicked;
  hovered: typeof hovered;
  dismissed: typeof dismissed;
  observe: typeof observe;
  inspect: typeof inspect;
  off: typeof off;
  /** What it is fetched with comes late, so the way to take the listener away does too; `off` takes it at once. */
  on<Name extends keyof Notices>(name: Name, listener: (notice: Notices[Name]) => void): Promise<Off>;
  /** The options of the tag; only with the stub, before the script is there. */
  init(options: Options): void;
}

declare global {
  interface Window {
    tributary?: Tributary;
    /** The name that `data-global="ttoolab"` adds. */
    ttoolab?: Tributary;
  }
}
