// The part of htmx 2 and of its extensions for WebSockets and event streams that our scripts use. https://htmx.org/events/

interface HtmxRequestConfig {
  elt: Element;
  verb: string;
  /** Missing if a script or a timer made the request. */
  triggeringEvent?: Event;
}

interface HtmxResponseDetail {
  elt: Element;
  xhr: XMLHttpRequest;
  target: Element;
  requestConfig: HtmxRequestConfig;
}

interface ElementEventMap {
  "htmx:beforeSwap": CustomEvent<HtmxResponseDetail & { shouldSwap: boolean }>;
}

interface DocumentEventMap {
  "htmx:load": CustomEvent<{ elt: HTMLElement }>;
  "htmx:configRequest": CustomEvent<{ elt: Element }>;
  "htmx:beforeRequest": CustomEvent<HtmxResponseDetail>;
  "htmx:beforeSend": CustomEvent<HtmxResponseDetail>;
  "htmx:afterRequest": CustomEvent<HtmxResponseDetail & { successful: boolean }>;
  "htmx:beforeSwap": CustomEvent<HtmxResponseDetail & { shouldSwap: boolean; isError: boolean }>;
  "htmx:afterSwap": CustomEvent<HtmxResponseDetail>;
  "htmx:oobBeforeSwap": CustomEvent<{ target: HTMLElement; fragment: DocumentFragment }>;
  "htmx:oobAfterSwap": CustomEvent<{ target: HTMLElement }>;
  "htmx:responseError": CustomEvent<HtmxResponseDetail>;
  "htmx:sendError": CustomEvent<HtmxResponseDetail>;
  "htmx:wsConnecting": CustomEvent;
  "htmx:wsOpen": CustomEvent;
  "htmx:wsClose": CustomEvent;
  "htmx:sseOpen": CustomEvent;
  "htmx:sseError": CustomEvent;
  "htmx:sseClose": CustomEvent;
}

interface Window {
  htmx: {
    ajax(
      verb: string,
      path: string,
      context: { source?: Element; target?: string; select?: string; swap?: string },
    ): Promise<void>;
    process(element: Element): void;
  };
}
