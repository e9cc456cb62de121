use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Map;

use super::*;
use crate::client_assertion::client_assertion;
use crate::clock::SystemClock;

fn read(pem: &str) -> Result<SigningKey, SigningKeyError> {
    SigningKey::from_pem(&Secret::new(pem.to_owned()))
}

#[test]
fn others_verify_what_each_kind_of_key_signs() {
    let kinds = [
        (EC_PKCS8, Algorithm::ES256),
        (EC_SEC1, Algorithm::ES256),
        (RSA_PKCS8, Algorithm::RS256),
        (RSA_PKCS1, Algorithm::RS256),
    ];
    for (pem, algorithm) in kinds {
        let key = read(pem).unwrap().key_id("k1");
        let issuer = "https://login.example.org";
        let token = client_assertion(&key, "m2m_1", issuer, &SystemClock).unwrap();
        let jwk: Jwk = serde_json::from_value(key.public_jwk()).unwrap();
        let mut rules = Validation::new(algorithm);
        rules.set_audience(&[issuer]);
        let verified = jsonwebtoken::decode::<Map<String, Value>>(
            token.expose(),
            &DecodingKey::from_jwk(&jwk).unwrap(),
            &rules,
        )
        .unwrap();
        assert_eq!(verified.header.kid.as_deref(), Some("k1"));
        let claims = verified.claims;
        assert_eq!(claims["iss"], "m2m_1");
        assert_eq!(claims["sub"], "m2m_1");
        assert_eq!(claims["aud"], issuer);
        let seconds = |name: &str| claims[name].as_u64().unwrap();
        assert_eq!(seconds("exp") - seconds("iat"), 120);
        let other = client_assertion(&key, "m2m_1", issuer, &SystemClock).unwrap();
        assert_ne!(other.expose(), token.expose());
        assert_eq!(
            key.thumbprint(),
            jwk.thumbprint(ThumbprintHash::SHA256).unwrap()
        );
    }
}

#[test]
fn what_is_no_key_or_a_weak_one_is_refused() {
    let refused = |pem| read(pem).unwrap_err();
    assert_eq!(refused(""), SigningKeyError::NotPem);
    assert_eq!(refused("hunter2"), SigningKeyError::NotPem);
    assert_eq!(refused(RSA_1024), SigningKeyError::Kind);
    assert_eq!(refused(P384), SigningKeyError::Kind);
}

#[test]
fn every_generated_key_is_another() {
    let (one, two) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    assert_ne!(one.thumbprint(), two.thumbprint());
    assert_eq!(
        format!("{one:?}"),
        "SigningKey { algorithm: \"ES256\", key_id: None, .. }"
    );
}

// What openssl writes for each kind of key. Nothing is protected by them.
const EC_PKCS8: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgTzRZgE3UcQGDaK8L
b4nl98sLDUBO9qkRov3iYffGSq2hRANCAARufvtj4vJD9ohqIIEyY6VesQCCmVV8
MLIFYWIbrKQqHOr2XvqK9UnvamoBjSgN3WavjaKBUZNSEnBKuylLXhPI
-----END PRIVATE KEY-----
";
const EC_SEC1: &str = "-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIE80WYBN1HEBg2ivC2+J5ffLCw1ATvapEaL94mH3xkqtoAoGCCqGSM49
AwEHoUQDQgAEbn77Y+LyQ/aIaiCBMmOlXrEAgplVfDCyBWFiG6ykKhzq9l76ivVJ
72pqAY0oDd1mr42igVGTUhJwSrspS14TyA==
-----END EC PRIVATE KEY-----
";
const RSA_PKCS8: &str = "-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCqIIoksugI9HaR
hOfwW5WF2eFMFQoVPGkXfZ/GitTu1nYOSaj23ACBNzj4xyTa55G2JZ2q/jk2frE/
JRrRSs6fu+Kfj9WoebG6fxI8YfCAYVxVBBONkUDKjhUZWm0TyTbIrMuAk9HLySNr
P3Tqg0GBGKJtT6N9b569CxllE0BevJl3aJbX5tpNcY0gwoy60LiMjsqeCxIfzYpq
l/GjNmxSE27Ytwos7pwRygQGs+2bsUjkc/PEdAkL3LyTuHtKrR4Sd7uZnoTKyXKI
HQAXnWK1ALpED9X2gddxN6MA+kC1u/GqnOcwOQvr47DUxTBTItHuX45JX56aIS+1
5ALPNF3VAgMBAAECggEAFUF+CRJKT+4dT1ar9Pm4X5Impk8dpKQY3Ey/lPqdGp80
floBMKCxtnNMHLci+W/D4p5mCep8Av1Gz4UnCd2/HbGHodiCgSt9Q3gjcuRovF2N
v/iDqeUrU3N3muSTqsxx2hZO0ciGRqAhmwGBbdiK62KEzsQLwP0cd/GmUVzbpspU
sM7bUQrJNxABATYCq2d+J8c2l8iuL/g96t0x8OHSXXXgwOgXkQxH2+unzl28knqL
T6qHBGGdslUzK5csoKgL7U5M2HATl6nbJDO0wwQU6Y/vhPpvioLpPp+wI00S+rH/
XUCDG59YpWw72puSDvsMrqvbPBqfHZIQY6B8zrBNUQKBgQDn6IBsjghMdbLa/rvD
2RvW/j0BsDVtf5fTM0bWZ7+Zbs9hFh5JcK9HhwumPqEBwuNWYue+htLcaAe2sU+5
9hahNjPUYxbwVHkRt7diKlRjQP1BMaSr98SMPlWlEwEID2uAEEQH8Ffg8k/cnv3T
AAibdCIMawwZwgoKjrgNAi/zRQKBgQC7zP8P+ZhTjiBRCO245oQlXhkvU9tpiBV0
VqHgQe97DLb3g7aecxv7JKhJYYKPbEBLlk3uehExJMT1+jjJ9vQfKndABQhnURpu
DXv+1t2fcZxoVyWTr4xla60vpeMTz9d+8+pba1qhD0NUkBaNRk/ZdZKmmPKJuSAU
hbIGCYKhUQKBgAx0sHEkL83rhG++vtcGEji57wzoKfZ3o+/0ERny+JeFHB5a0cWg
B8oPttB3DK7LiOpa5ZeWJj0wWTm2zFFwpkaCYsZFjDXcU6Rf+bmMDHxIQVH/GJkj
9aqSrobvPl7wdRWryfujLRUn7qIq5/ctSUkQM8P2++9mPKPUho4sT+cBAoGAL5jb
JE9cHgEti5w5s90orNfWhjo4p9yHo365dD8B1Sv5y22kgTAnbVVzGXYPQw5qlT24
7rIdXVk2Wila70UZxjRbGOytnpHdovrj7EjEzr5ap88+hNm/OY06zZK7pK/OrCxh
v13MEHnv1KTYMmIZpsG3s2WcQu+ag9kGr6UFaKECgYEAgNfxr8kAwmHGzTUpiijY
HajC97G8zLuVENJyfaWV7dpHJToNCWBQtHC6n/di3A4Bs6w4f4+PltoMoxJOp35i
2K63Ua8FkoXRGu3n+dGzzFX1jVmf78LNP2Oi0Ax0rZaBgV9aYQuTqBELS5XvYyGD
X5nTogO2qXY7yW+TgRI7w/c=
-----END PRIVATE KEY-----
";
const RSA_PKCS1: &str = "-----BEGIN RSA PRIVATE KEY-----
MIIEowIBAAKCAQEAqiCKJLLoCPR2kYTn8FuVhdnhTBUKFTxpF32fxorU7tZ2Dkmo
9twAgTc4+Mck2ueRtiWdqv45Nn6xPyUa0UrOn7vin4/VqHmxun8SPGHwgGFcVQQT
jZFAyo4VGVptE8k2yKzLgJPRy8kjaz906oNBgRiibU+jfW+evQsZZRNAXryZd2iW
1+baTXGNIMKMutC4jI7KngsSH82KapfxozZsUhNu2LcKLO6cEcoEBrPtm7FI5HPz
xHQJC9y8k7h7Sq0eEne7mZ6EyslyiB0AF51itQC6RA/V9oHXcTejAPpAtbvxqpzn
MDkL6+Ow1MUwUyLR7l+OSV+emiEvteQCzzRd1QIDAQABAoIBABVBfgkSSk/uHU9W
q/T5uF+SJqZPHaSkGNxMv5T6nRqfNH5aATCgsbZzTBy3Ivlvw+KeZgnqfAL9Rs+F
Jwndvx2xh6HYgoErfUN4I3LkaLxdjb/4g6nlK1Nzd5rkk6rMcdoWTtHIhkagIZsB
gW3YiutihM7EC8D9HHfxplFc26bKVLDO21EKyTcQAQE2AqtnfifHNpfIri/4Perd
MfDh0l114MDoF5EMR9vrp85dvJJ6i0+qhwRhnbJVMyuXLKCoC+1OTNhwE5ep2yQz
tMMEFOmP74T6b4qC6T6fsCNNEvqx/11AgxufWKVsO9qbkg77DK6r2zwanx2SEGOg
fM6wTVECgYEA5+iAbI4ITHWy2v67w9kb1v49AbA1bX+X0zNG1me/mW7PYRYeSXCv
R4cLpj6hAcLjVmLnvobS3GgHtrFPufYWoTYz1GMW8FR5Ebe3YipUY0D9QTGkq/fE
jD5VpRMBCA9rgBBEB/BX4PJP3J790wAIm3QiDGsMGcIKCo64DQIv80UCgYEAu8z/
D/mYU44gUQjtuOaEJV4ZL1PbaYgVdFah4EHvewy294O2nnMb+ySoSWGCj2xAS5ZN
7noRMSTE9fo4yfb0Hyp3QAUIZ1Eabg17/tbdn3GcaFclk6+MZWutL6XjE8/XfvPq
W2taoQ9DVJAWjUZP2XWSppjyibkgFIWyBgmCoVECgYAMdLBxJC/N64Rvvr7XBhI4
ue8M6Cn2d6Pv9BEZ8viXhRweWtHFoAfKD7bQdwyuy4jqWuWXliY9MFk5tsxRcKZG
gmLGRYw13FOkX/m5jAx8SEFR/xiZI/Wqkq6G7z5e8HUVq8n7oy0VJ+6iKuf3LUlJ
EDPD9vvvZjyj1IaOLE/nAQKBgC+Y2yRPXB4BLYucObPdKKzX1oY6OKfch6N+uXQ/
AdUr+cttpIEwJ21Vcxl2D0MOapU9uO6yHV1ZNlopWu9FGcY0WxjsrZ6R3aL64+xI
xM6+WqfPPoTZvzmNOs2Su6SvzqwsYb9dzBB579Sk2DJiGabBt7NlnELvmoPZBq+l
BWihAoGBAIDX8a/JAMJhxs01KYoo2B2owvexvMy7lRDScn2lle3aRyU6DQlgULRw
up/3YtwOAbOsOH+Pj5baDKMSTqd+Ytiut1GvBZKF0Rrt5/nRs8xV9Y1Zn+/CzT9j
otAMdK2WgYFfWmELk6gRC0uV72Mhg1+Z06IDtql2O8lvk4ESO8P3
-----END RSA PRIVATE KEY-----
";
const RSA_1024: &str = "-----BEGIN PRIVATE KEY-----
MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBAKyFSmlVytUBy3p6
k2FIz2pHZ6rIOBgSMb8cnKPUkYHQvY1Gyu0nYjjF8U9K4EirJgm2bhhmCzR6mjco
73sur326ZE0SF8rRMH6mTM2UEhZJDc4WwrZd2r23EGI/3Ql9+z49aZRje1PlJC1S
TwnhOQlGWxbSifz3Jm1bhck3MgNlAgMBAAECgYBETPjqvvZwYieGs+SJTWQgdWiL
an0auolLWi6BhfSdamDA/9fzD/aI94TTmZc17dw/WCQ6MJwbCLbpQ6GcKR18iMH4
yZCqoUAvTal5P3W1uMFQ+LZHMqKPO2diBzazWcfsux0ZWLQEl2nSRXwZSbPu5mK1
rMHyfxQqbhNFWz4XAQJBANk+T8ImeAAd0j6EFCT/pU1kKVCCnW830m0IJRt3B4vh
yQWWtgoK/VoTR59Jxl8VyfhMWsr8HRsnXbCFyajaQ4UCQQDLTHRE5bz2f7vguMVX
9HRuiibqSnBDQVHN0yRkB/kPm50Wu48aODk5pHI6F18JysHbc1CCD+yY0VMD69EU
PRZhAkEAjyaJRgU1U9ZSwREleQ/gLDQRKVU4Sp49Ec2pLgTsOxen7//Uqp99PMqx
ilwB1Iw2D2C4/0LMJyV0jipKrPJORQJBAJ3z9fY95TZEAk5UYQe4Z+omrpukYFrw
2kUnwoNx6mHlDwVFjqbZfiS6DwHxfKbYAQynKKsVAketg2lthBHMcKECQQC2JS8H
f6XDARqZMcrjM6Ut64EF0FD6PkoqlihqL7alzKO3sSk/q/ZbxgL2xI6Q+LgsViZ/
GnX1dOscYL5+kFkr
-----END PRIVATE KEY-----
";
const P384: &str = "-----BEGIN PRIVATE KEY-----
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCCYwuPLsUH2S3p+LG1
c3loPU5DIEYZU2kzCQhS2N40YUZvTxj58nzSrKCXyI+9ryuhZANiAASdqaeP/Muc
By6ixbMLWjym0hABBb3/qUKpw6ayeO3jrsZLR9fiHZBm2S7f+ab5KnXVxstFc/AC
2FOMngBR0DPeMWeLQUUy/xzw+Q2jzWtzoal+o7rw5ZoSQjGPYJBtxao=
-----END PRIVATE KEY-----
";
