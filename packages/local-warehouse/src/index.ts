/** Where the warehouse listens: nothing outside this machine can reach it. */
export const LOOPBACK_ADDRESS = '127.0.0.1';
