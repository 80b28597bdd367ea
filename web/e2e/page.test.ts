// The page in a real browser, in front of a real validator. The wallet is one of the Wallet Standard that signs as the test says.
// One network for all of it: its start takes longer than a test.
import './flows.js';
import './lying.js';
import './looks.js';
