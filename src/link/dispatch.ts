/** One function a message type: the compiler refuses a table that forgets one. */
export type Handlers<Message extends { readonly type: string }, Extra extends readonly unknown[] = []> = {
  readonly [Type in Message['type']]: (message: Extract<Message, { readonly type: Type }>, ...extra: Extra) => void;
};

/** Calls the handler of the message's type; false when there is none (the other end runs another version of weir). */
export function dispatch<Message extends { readonly type: string }, Extra extends readonly unknown[]>(
  handlers: Handlers<Message, Extra>,
  message: Message,
  ...extra: Extra
): boolean {
  if (!Object.hasOwn(handlers, message.type)) return false;
  const handler = handlers[message.type as Message['type']] as (message: Message, ...extra: Extra) => void;
  handler(message, ...extra);
  return true;
}
