//! Access tokens: JWTs (RFC 7519) signed with EdDSA (RFC 8037), ten minutes long.
//!
//! A token says who and which session; whether that still holds is asked at the door of the store at every request. The signature is made and
//! checked by ed25519-dalek through a provider of our own, so that no other algorithm can be named in a token's header.

use std::sync::RwLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use ed25519_dalek::{Signer as _, SigningKey, Verifier as _, VerifyingKey};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::signature::{Error as SignatureError, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::kernel::actor::{Claim, Role, Roles};
use crate::kernel::ids::{AccountId, SessionId, TokenKeyId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

/// How long an access token is good for.
pub const ACCESS_TOKEN_LIFE: TimeDelta = TimeDelta::minutes(10);
const ISSUER: &str = "stillpoint";

/// A key pair that signs access tokens.
pub struct TokenKey {
    id: TokenKeyId,
    signing: SigningKey,
}

impl TokenKey {
    /// A key pair from its 32-byte seed (RFC 8032).
    #[must_use]
    pub fn new(id: TokenKeyId, seed: &[u8; 32]) -> Self {
        Self { id, signing: SigningKey::from_bytes(seed) }
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.signing.verifying_key().to_bytes()
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: AccountId,
    sid: SessionId,
    roles: Vec<Role>,
    iat: i64,
    exp: i64,
}

/// The keys, newest last. Tokens are signed with the newest and verified with any.
pub struct Tokens {
    keys: RwLock<Vec<TokenKey>>,
}

impl Tokens {
    /// Tokens signed with these keys; the last is the newest.
    #[must_use]
    pub fn new(keys: Vec<TokenKey>) -> Self {
        // Another `Tokens` in this process has installed the same provider already.
        let _ = PROVIDER.install_default();
        Self { keys: RwLock::new(keys) }
    }

    /// A token for a session.
    ///
    /// # Errors
    /// When there is no key or it cannot sign, which is a fault of the set-up.
    pub fn issue(
        &self,
        account: AccountId,
        session: SessionId,
        roles: Roles,
        now: Timestamp,
    ) -> Result<String, &'static str> {
        let keys = self.keys.read().map_err(|_| "the token keys are poisoned")?;
        let key = keys.last().ok_or("there is no token key")?;
        let header = Header { kid: Some(key.id.to_string()), ..Header::new(Algorithm::EdDSA) };
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: account,
            sid: session,
            roles: roles.iter().collect(),
            iat: now.unix_seconds(),
            exp: now.plus(ACCESS_TOKEN_LIFE).unix_seconds(),
        };
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(key.signing.as_bytes()))
            .map_err(|_| "a token cannot be signed")
    }

    /// What a token claims, if it is one of ours and not too old.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`], whatever is wrong with it.
    pub fn claim(&self, token: &str, now: Timestamp) -> Result<Claim, Refusal> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Refusal::Unauthenticated)?;
        let kid = header.kid.ok_or(Refusal::Unauthenticated)?;
        let keys = self.keys.read().map_err(|_| Refusal::Unauthenticated)?;
        let key = keys.iter().find(|key| key.id.to_string() == kid).ok_or(Refusal::Unauthenticated)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        // The age is judged below, by the clock that everything else goes by.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_ed_der(&key.public()), &validation)
            .map_err(|_| Refusal::Unauthenticated)?
            .claims;
        if claims.exp <= now.unix_seconds() {
            return Err(Refusal::Unauthenticated);
        }
        Ok(Claim::Account { account: claims.sub, session: claims.sid, roles: claims.roles.into_iter().collect() })
    }

    /// The public keys as a JSON Web Key Set (RFC 7517).
    #[must_use]
    pub fn jwks(&self) -> Value {
        let keys = self.keys.read().map(|keys| keys.iter().map(jwk).collect::<Vec<_>>()).unwrap_or_default();
        json!({ "keys": keys })
    }
}

fn jwk(key: &TokenKey) -> Value {
    json!({
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
        "kid": key.id.to_string(), "x": URL_SAFE_NO_PAD.encode(key.public()),
    })
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| match algorithm {
        Algorithm::EdDSA => {
            let seed = key.as_bytes().try_into().map_err(|_| ErrorKind::InvalidEddsaKey)?;
            Ok(Box::new(Ed25519Signer(SigningKey::from_bytes(seed))))
        }
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    verifier_factory: |algorithm, key| match algorithm {
        Algorithm::EdDSA => {
            let public = key.try_get_as_bytes()?.try_into().map_err(|_| ErrorKind::InvalidEddsaKey)?;
            let public = VerifyingKey::from_bytes(public).map_err(|_| ErrorKind::InvalidEddsaKey)?;
            Ok(Box::new(Ed25519Verifier(public)))
        }
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    key_utils: KeyUtils::new_unimplemented(),
};

struct Ed25519Signer(SigningKey);

impl Signer<Vec<u8>> for Ed25519Signer {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        Ok(self.0.sign(message).to_bytes().to_vec())
    }
}

impl JwtSigner for Ed25519Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct Ed25519Verifier(VerifyingKey);

impl Verifier<Vec<u8>> for Ed25519Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| SignatureError::new())?;
        self.0.verify(message, &signature).map_err(|_| SignatureError::new())
    }
}

impl JwtVerifier for Ed25519Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_micros(seconds * 1_000_000).unwrap()
    }

    #[test]
    fn a_token_says_who_until_it_is_too_old_or_touched() {
        let tokens = Tokens::new(vec![TokenKey::new(TokenKeyId::new(at(0)), &[3; 32])]);
        let (account, session) = (AccountId::new(at(0)), SessionId::new(at(0)));
        let roles: Roles = [Role::Admin].into_iter().collect();
        let token = tokens.issue(account, session, roles, at(1_000)).unwrap();
        assert_eq!(tokens.claim(&token, at(1_599)), Ok(Claim::Account { account, session, roles }));
        assert_eq!(tokens.claim(&token, at(1_600)), Err(Refusal::Unauthenticated));

        let other = Tokens::new(vec![TokenKey::new(TokenKeyId::new(at(0)), &[4; 32])]);
        assert!(other.claim(&token, at(1_001)).is_err());
        let mut parts: Vec<&str> = token.split('.').collect();
        let none = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"none","kid":"{}"}}"#, account));
        parts[0] = &none;
        assert!(tokens.claim(&parts.join("."), at(1_001)).is_err());
        assert!(tokens.claim("not a token", at(1_001)).is_err());
    }
}
