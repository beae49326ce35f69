// The vectors that the Standard Webhooks specification and its libraries publish: one message, signed by v1 and by v1a.
export const SPECIFICATION = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  body: '{"test": 2432232314}',
  timestamp: 1_614_265_330,
  v1: {
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
  v1a: {
    secret: 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==',
    publicKey: 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=',
    signature: 'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
  },
} as const;

/** Its headers, with these signatures. */
export function signedBy(...signatures: readonly string[]) {
  return {
    'webhook-id': SPECIFICATION.id,
    'webhook-timestamp': SPECIFICATION.timestamp.toString(),
    'webhook-signature': signatures.join(' '),
  };
}
